"""The prompt about a video of several windows: what the whole is about."""

from __future__ import annotations

from collections.abc import Sequence

from functions.analyze.prompts.answer import Answer, parsed

__all__ = ["WholeAnswer", "ask_about_whole", "read_whole"]


class WholeAnswer(Answer):
    """The whole video."""

    summary: str
    title: str


def ask_about_whole(summaries: Sequence[str]) -> str:
    """Returns the question about the whole, given what is known of its parts."""
    return "\n".join(f"Part {number}: {summary}" for number, summary in enumerate(summaries, 1))


def read_whole(text: str) -> WholeAnswer:
    """Returns what a model said about the whole. Raises AnswerError."""
    return parsed(WholeAnswer, text)
