"""The prompt about one window of the video: everything that is seen, heard and said in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pydantic import Field

from functions.analyze.prompts.answer import Answer, AnswerError, Confidence, Moment, clock, parsed
from functions.analyze.windows import Window

__all__ = ["Chapter", "Label", "Timed", "WindowAnswer", "ask_about", "read_window"]

_ROUNDING_S: Final = 2.0  # models look at about one picture a second and round to the next
_MOST: Final = {
    "descriptions": 1000,
    "labels": 300,
    "spoken": 2000,
    "shown": 1000,
    "chapters": 60,
}  # ample; more is no answer but a loop


class Description(Answer):
    """What happens in a scene, by the number it was given in the question."""

    scene: int
    text: str


class Timed(Answer):
    """Something that was said or shown."""

    text: str
    start_s: Moment = Field(alias="start")
    end_s: Moment = Field(alias="end")


class Label(Answer):
    """A thing, place, activity or topic, where it is seen or heard."""

    name: str
    confidence: Confidence
    start_s: Moment = Field(alias="start")
    end_s: Moment = Field(alias="end")


class Chapter(Answer):
    """The beginning of a new part."""

    title: str
    start_s: Moment = Field(alias="start")


class WindowAnswer(Answer):
    """All of a window. Times are counted from its beginning."""

    summary: str
    title: str
    descriptions: tuple[Description, ...]
    labels: tuple[Label, ...]
    spoken: tuple[Timed, ...]
    shown: tuple[Timed, ...]
    chapters: tuple[Chapter, ...]


def ask_about(window: Window) -> str:
    """Returns the question about a window."""
    scenes = (
        f"{number}: {clock(start_s - window.start_s)} to {clock(end_s - window.start_s)}"
        for number, (start_s, end_s) in enumerate(window.scenes)
    )
    length = clock(window.end_s - window.start_s)
    return "\n".join([f"The clip lasts {length}. Its scenes, by number:", *scenes])


def read_window(text: str, window: Window) -> WindowAnswer:
    """Returns what a model said about a window, if it can be so.

    Raises:
        AnswerError: It has another form, names times outside of the window or scenes that are not there, or is
            far too much.
    """
    answer = parsed(WindowAnswer, text)
    problems = [*_too_many(answer), *_unknown_scenes(answer, len(window.scenes))]
    problems += _misplaced(answer, window.end_s - window.start_s)
    if problems:
        raise AnswerError(problems)
    return answer


def _too_many(answer: WindowAnswer) -> Iterator[str]:
    for name, most in _MOST.items():
        count = len(getattr(answer, name))
        if count > most:
            yield f"{name} has {count} entries; at most {most} are allowed"


def _unknown_scenes(answer: WindowAnswer, scenes: int) -> Iterator[str]:
    for number, description in enumerate(answer.descriptions):
        if not 0 <= description.scene < scenes:
            yield f"descriptions.{number}: there is no scene {description.scene}; there are 0 to {scenes - 1}"


def _misplaced(answer: WindowAnswer, length_s: float) -> Iterator[str]:
    for name, entries in (("labels", answer.labels), ("spoken", answer.spoken), ("shown", answer.shown)):
        spans = ((entry.start_s, entry.end_s) for entry in entries)
        yield from _outside(name, spans, length_s)
    yield from _outside("chapters", ((chapter.start_s, chapter.start_s) for chapter in answer.chapters), length_s)


def _outside(name: str, spans: Iterable[tuple[float, float]], length_s: float) -> Sequence[str]:
    problems = []
    for number, (start_s, end_s) in enumerate(spans):
        if start_s >= length_s or end_s > length_s + _ROUNDING_S:
            problems.append(
                f"{name}.{number}: {clock(start_s)} to {clock(end_s)} is not inside of the clip, which lasts "
                f"{clock(length_s)}"
            )
        elif end_s < start_s:
            problems.append(f"{name}.{number}: it ends at {clock(end_s)}, before it starts at {clock(start_s)}")
    return problems
