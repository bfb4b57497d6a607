"""Entry points with titles, as video sites take them: the first at 0:00, at least three, of at least 10 s."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final

from functions.tag.advice.headings import can_be_read, headings
from functions.tag.advice.known import Known, clock, shortened, written
from functions.tag.advice.moments import Moments
from functions.tag.advice.nameless import names_nothing
from functions.tag.legible_text import TITLE_HEIGHT, height
from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.records import Finding, Recommendation, Tag

__all__ = ["chapters"]

_SHORTEST_S: Final = 10.0
_FEWEST: Final = 3
_SHARE: Final = 0.02  # of the video; more than 50 chapters help nobody
_WITH_SHOT_S: Final = (-0.5, 2.0)  # a heading that appears so near to a cut came with it
_AFTER_S: Final = (-0.5, 1.0)  # from the end of the heading that it replaces
_NEAR_TOP: Final = 0.35
_OPENING_S: Final = 15.0
_WORD_CHARS: Final = 4
_SAID_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class _Title:
    text: str
    reason: str
    score: float


class _Namer:
    """Finds a title for a stretch of the video; each is given once."""

    def __init__(self, known: Known, starts_s: Sequence[float]) -> None:
        self._headings = Moments(headings(known.findings, known.name))
        self._topics = known.subjects()
        self._said = _words_by_stretch(known, starts_s)
        self._used: set[str] = set()

    def title(self, number: int, start_s: float, end_s: float) -> _Title | None:
        """Returns the title of a stretch; None where nothing names it."""
        opening_s = min(start_s + _OPENING_S, end_s)
        shown = [line for line in self._headings.between(start_s, end_s) if line.start_s >= start_s - 0.5]
        opening = [line for line in shown if line.start_s < opening_s]
        later = [line for line in shown if line.start_s >= opening_s]
        options = [
            *map(_heading, sorted((*opening, *later), key=lambda line: not can_be_read(line, start_s, end_s))),
            *(_topic(tag, start_s, end_s) for tag in self._topics),
            self._words(number),
        ]
        for option in options:
            if option is not None and option.text.casefold() not in self._used:
                self._used.add(option.text.casefold())
                return option
        return None

    def _words(self, number: int) -> _Title | None:
        """Returns the words that are said often in a stretch and seldom in the others."""
        own = self._said.get(number, Counter())
        stretches = len(self._said)
        spread = Counter(stem for said in self._said.values() for stem in said)
        weights = {
            stem: count * log((1 + stretches) / spread[stem])
            for stem, count in own.items()
            if count > 1 and spread[stem] < max(stretches, 2)
        }
        best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:_SAID_WORDS]
        if not best:
            return None
        told = " and ".join(f"“{stem}” {own[stem]} times" for stem in best)
        return _Title(", ".join(best).capitalize(), f"said there more than elsewhere: {told}", 0.5)


def chapters(known: Known) -> Iterator[Recommendation]:
    """Yields chapters in time order, at least three of at least 10 s, or none at all.

    What a model has divided the video into counts for more, if it did. Else a chapter begins where a scene does,
    a shot that comes with a heading, or a heading that replaces another, as on slides of one background. What
    nothing names stays with the chapter before it; only where that would leave none are chapters numbered.
    """
    told = _told(known)
    if told:
        yield from told
        return
    starts_s = _starts(known)
    if len(starts_s) < _FEWEST:
        return
    namer = _Namer(known, starts_s)
    ends_s = [*starts_s[1:], known.media.duration_s]
    titles = [namer.title(n, start_s, ends_s[n]) for n, start_s in enumerate(starts_s)]
    named = [(start_s, title) for start_s, title in zip(starts_s, titles, strict=True) if title or start_s == 0.0]
    whole = list(enumerate(zip(starts_s, titles, strict=True), 1))
    if len(named) >= _FEWEST:
        whole = list(enumerate(named, 1))
    for number, (start_s, title) in whole:
        shown = title or _unnamed(number)
        yield Recommendation(
            kind="chapter", value=shown.text, reason=shown.reason, score=shown.score, start_s=start_s
        )


def _unnamed(number: int) -> _Title:
    if number == 1:
        return _Title("Start", "nothing is shown or said clearly at the beginning that could name it", 0.3)
    return _Title(f"Scene {number}", "a new scene; too little is shown or said clearly to name the parts", 0.3)


def _told(known: Known) -> list[Recommendation]:
    """Returns a model's chapters as far as they are long enough; none if they are too few."""
    kept: list[Finding] = []
    for chapter in known.named("chapter"):
        start_s = chapter.start_s if kept else 0.0
        apart = not kept or start_s - (kept[-1].start_s if len(kept) > 1 else 0.0) >= _SHORTEST_S
        if apart and known.media.duration_s - start_s >= _SHORTEST_S and not names_nothing(str(chapter.value)):
            kept.append(chapter)
    if len(kept) < _FEWEST:
        return []
    return [
        Recommendation(
            kind="chapter",
            value=shortened(str(chapter.value)),
            reason=f"a new part, by {chapter.producer}",
            score=chapter.confidence,
            start_s=chapter.start_s if number else 0.0,
        )
        for number, chapter in enumerate(kept)
    ]


def _starts(known: Known) -> list[float]:
    """Returns where chapters begin, far enough apart: where scenes do, headings before others."""
    weights: dict[float, float] = defaultdict(float)
    for scene in known.of_kind("scene"):
        weights[scene.start_s] += 1.0
    whole_s = 0.0, known.media.duration_s
    titles = Moments(
        line
        for line in headings(known.findings, known.name)
        if height(line) >= TITLE_HEIGHT and can_be_read(line, *whole_s)
    )
    before_s, after_s = _WITH_SHOT_S
    with_shots: set[int] = set()
    for shot in known.of_kind("shot"):
        near = titles.between(shot.start_s + before_s, shot.start_s + after_s)
        came = {id(line) for line in near if before_s <= line.start_s - shot.start_s < after_s}
        with_shots |= came
        if came:
            weights[shot.start_s] += 2.0
    for line in _replacing(titles):
        if id(line) not in with_shots:
            weights[line.start_s] += 2.0
    shortest_s = max(_SHORTEST_S, _SHARE * known.media.duration_s)
    chosen = [0.0, known.media.duration_s]
    for start_s in sorted(weights, key=lambda start_s: (-weights[start_s], start_s)):
        place = bisect_left(chosen, start_s)
        if 0 < place < len(chosen) and min(start_s - chosen[place - 1], chosen[place] - start_s) >= shortest_s:
            insort(chosen, start_s)
    return chosen[:-1]


def _replacing(titles: Moments[Finding]) -> Iterator[Finding]:
    """Yields the headings at the top of the picture that another one there has just made room for."""
    before_s, after_s = _AFTER_S
    for line in filter(_is_at_top, titles):
        if any(
            other.value != line.value and before_s <= line.start_s - other.end_s < after_s
            for other in titles.between(line.start_s - after_s, line.start_s - before_s)
            if _is_at_top(other) and other.start_s < line.start_s
        ):
            yield line


def _is_at_top(line: Finding) -> bool:
    return line.box is not None and line.box[1] <= _NEAR_TOP


def _heading(line: Finding) -> _Title:
    text = shortened(str(line.value))
    return _Title(text, f"the largest text to be read there, at {clock(line.start_s)}", 0.8)


def _topic(tag: Tag, start_s: float, end_s: float) -> _Title | None:
    for evidence in tag.evidence:
        if start_s <= evidence.start_s < end_s and evidence.modality in {"text", "speech"}:
            how = "read" if evidence.modality == "text" else "heard"
            label = written(tag)
            return _Title(
                label[:1].upper() + label[1:], f"what it is about, {how} at {clock(evidence.start_s)}", 0.6
            )
    return None


def _words_by_stretch(known: Known, starts_s: Sequence[float]) -> dict[int, Counter[str]]:
    """Returns how often each word is said clearly in each stretch, by its number."""
    said: dict[int, Counter[str]] = {}
    lines = known.said_clearly()
    for number, (start_s, end_s) in enumerate(pairwise([*starts_s, known.media.duration_s])):
        words = (word for line in lines if start_s <= line.start_s < end_s for word in word_list(line.text))
        telling = (word for word in words if len(word) >= _WORD_CHARS and word.casefold() not in STOP_WORDS)
        said[number] = Counter(map(singular, telling))
    return said
