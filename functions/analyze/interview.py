"""Asking a model about one video: what it has said once is kept, what can't be right is asked for once more."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from functions.analyze.prompts.answer import AnswerError
from shared.domain.codec import decode_json, encode_json
from shared.domain.errors import PermanentError
from shared.domain.records import ObjectRef
from shared.ports.vision_model import Clip, Footage, Question, Reply, VisionModel
from shared.processors.analyzer import AnalysisInput

__all__ = ["Interview", "Told", "Topic"]

A = TypeVar("A")

_SHOWN_CHARS: Final = 20_000  # of a wrong answer; a model that runs in circles fills any space


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Generic[A]):
    """What to ask.

    Attributes:
        prompt: Name and version of the prompt.
        instructions: Its text.
        schema: JSON Schema of the answer.
        question: The question.
        span: The stretch of the video to watch; None for none.
        read: Reads an answer; raises AnswerError.
    """

    prompt: str
    instructions: str
    schema: Mapping[str, Any]
    question: str
    span: tuple[float, float] | None
    read: Callable[[str], A]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[A]):
    """What came of a topic: what which model said, and its answer as it was read, if it gave a complete one."""

    reply: Reply
    answer: A | None
    by: str


class Interview:
    """Asks; a context manager, since the video is made readable for the model when the first question needs it.

    May be used from several threads.

    Args:
        video: About what; its allowance pays.
        download: The video as an object.
        excerpt: Cuts a stretch of sound alone, which no model can be told to listen to a part of; None for video.
        tell_wrong: Told of every answer that can't be used.
    """

    def __init__(
        self,
        video: AnalysisInput,
        download: ObjectRef,
        excerpt: Callable[[tuple[float, float]], bytes] | None,
        tell_wrong: Callable[[], None],
    ) -> None:
        self._video = video
        self._download = download
        self._excerpt = excerpt
        self._tell_wrong = tell_wrong
        self._recalled: dict[str, Reply | None] = {}  # nobody else keeps answers while this attempt counts
        self._exits = ExitStack()
        self._opening = threading.Lock()
        self._footage: Footage | None = None

    def __enter__(self) -> Interview:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def expected_usd(self, span: tuple[float, float] | None, model: VisionModel) -> float:
        """Returns what a question about a stretch is expected to cost; 0 where no price is known."""
        clip_s = span[1] - span[0] if span else 0.0
        return model.expected_usd(clip_s, sound_only=self._excerpt is not None) or 0.0

    def kept(self, topic: Topic[A], model: VisionModel) -> Told[A] | None:
        """Returns what a model has said about a topic before; None for nothing."""
        key = _key(topic, model)
        if key not in self._recalled:
            kept = self._video.memo.recall(key)
            self._recalled[key] = None if kept is None else decode_json(Reply, kept)
        reply = self._recalled[key]
        return None if reply is None else Told(reply=reply, answer=_read(reply, topic), by=model.name)

    def ask(self, topic: Topic[A], model: VisionModel) -> Told[A]:
        """Returns what a model says about a topic, or has said before.

        Raises:
            BudgetExceeded: No more may be spent.
            PermanentError: ``model_answer_invalid``: it was wrong twice.
            TransientError: The model can't be asked now.
        """
        kept = self.kept(topic, model)
        if kept is not None:
            return kept
        question, usd = self._question(topic, model), self.expected_usd(topic.span, model)
        reply = self._asked(model, question, usd)
        try:
            answer = _read(reply, topic)
        except AnswerError as wrong:
            self._tell_wrong()
            corrected = replace(question, text=_correction(question.text, reply.text, wrong.problems))
            reply = self._asked(model, corrected, usd)
            answer = self._read_at_last(reply, topic)
        self._video.memo.keep(_key(topic, model), encode_json(reply).encode())
        self._recalled[_key(topic, model)] = reply
        return Told(reply=reply, answer=answer, by=model.name)

    def _asked(self, model: VisionModel, question: Question, usd: float) -> Reply:
        with self._video.allowance.paying(usd, self._video.session) as session:
            return model.ask(question, session)

    def _question(self, topic: Topic[A], model: VisionModel) -> Question:
        clip = None
        if topic.span is not None:
            clip = Clip(footage=self._shown(topic.span, model), start_s=topic.span[0], end_s=topic.span[1])
        return Question(instructions=topic.instructions, text=topic.question, schema=topic.schema, clip=clip)

    def _shown(self, span: tuple[float, float], model: VisionModel) -> Footage:
        if self._excerpt is not None:
            return Footage(content_type=self._download.content_type, content=self._excerpt(span))
        with self._opening:
            if self._footage is None:
                footage = model.footage(self._download, lambda: self._video.fetch(self._download))
                self._footage = self._exits.enter_context(footage)
            return self._footage

    def _read_at_last(self, reply: Reply, topic: Topic[A]) -> A | None:
        try:
            return _read(reply, topic)
        except AnswerError as wrong:
            self._tell_wrong()
            where = f"{topic.span[0]:.0f} to {topic.span[1]:.0f} s" if topic.span else "the whole"
            raise PermanentError(
                "model_answer_invalid",
                f"The model's answer about {where} can't be used, even after it was told why: {wrong}. Replay "
                "from analyze to ask again (only for what is missing), or choose another model or analyzer.",
            ) from wrong


def _key(topic: Topic[A], model: VisionModel) -> str:
    asked = [topic.prompt, topic.instructions, topic.schema, topic.question, topic.span]
    return json.dumps([model.name, model.parameters, *asked])


def _read(reply: Reply, topic: Topic[A]) -> A | None:
    return topic.read(reply.text) if reply.outcome == "complete" else None


def _correction(question: str, answer: str, problems: Sequence[str]) -> str:
    return "\n".join(
        [
            question,
            "",
            "You have answered this before:",
            answer[:_SHOWN_CHARS],
            "",
            "That answer can't be used:",
            *(f"- {problem}" for problem in problems),
            "",
            "Answer again, completely, with this put right.",
        ]
    )
