"""Stretches worth a clip of their own: whole shots and whole sentences, in which most happens."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from functions.tag.advice.headings import headings
from functions.tag.advice.known import SUBJECTS, Known, shortened
from functions.tag.advice.moments import Moments, covered_s
from functions.tag.legible_text import TITLE_HEIGHT, height
from shared.domain.records import Finding, Recommendation, Segment
from shared.domain.timing import overlap, shared_s
from shared.domain.transcript import Line, transcript_of

__all__ = ["highlights"]

_MOST: Final = 5
_SHORTEST_S: Final = 5.0
_LONGEST_S: Final = 60.0
_LEAST_VIDEO_S: Final = 15.0  # a shorter one is a clip itself
_SHARE: Final = 6  # of the video at most, so that three are no more than half of it
_ALWAYS_S: Final = 15.0
_BEST_S: Final = (12.0, 30.0)  # long enough to say something, short enough to be watched
_NEAR_S: Final = 0.5  # a sentence that begins so near to a cut begins with it: less of a shot is a flash
_INSIDE_S: Final = 0.05
_SILENT_S: Final = 1.5  # of silence, at most, before the first word of a clip and after its last
_READ_S: Final = 1.0  # a title that is there for less can't be read
_LEAST_SCORE: Final = 0.15
_SAME_SCENE: Final = 0.1
_OPENS: Final = 0.05
_TOPIC: Final = 0.1
_STILL: Final = 0.6  # of its worth, what a picture loses that stands still while nobody speaks: a title card


@dataclass(frozen=True, slots=True)
class _Clip:
    start_s: float
    end_s: float
    score: float
    scene: int | None


class _Sentences:
    """What is said without a pause: where somebody speaks, or else phrases that were written down.

    Where the lines of a transcript end is its writer's guess; they count where nothing listened for pauses.
    """

    def __init__(self, known: Known) -> None:
        lines: Sequence[Line | Segment] = transcript_of(known.findings, known.media).lines
        self.spans = known.of_kind("speech") or lines
        self._moments = Moments(self.spans)
        self._starts_s = sorted(span.start_s for span in self.spans)
        self._ends_s = sorted(span.end_s for span in self.spans)
        self._silent = Moments(known.of_kind("silence"))

    def inside(self, time_s: float) -> bool:
        """Says whether a cut there would cut somebody off."""
        return any(span.start_s + _INSIDE_S < time_s < span.end_s - _INSIDE_S for span in self._moments.at(time_s))

    def begin_after(self, time_s: float) -> bool:
        """Says whether a clip that is spoken in may begin there: no long silence is before its first word."""
        place = bisect_left(self._starts_s, time_s - _INSIDE_S)
        return not self._is_long_silence(time_s, *self._starts_s[place : place + 1])

    def end_before(self, time_s: float) -> bool:
        """Says whether a clip that is spoken in may end there: no long silence is after its last word."""
        place = bisect_right(self._ends_s, time_s + _INSIDE_S)
        return not self._is_long_silence(*self._ends_s[max(place - 1, 0) : place], time_s)

    def _is_long_silence(self, *between_s: float) -> bool:
        start_s, end_s = between_s if len(between_s) == 2 else (0.0, 0.0)
        return covered_s(self._silent.between(start_s, end_s), start_s, end_s) > _SILENT_S

    def spoken_s(self, points: Sequence[float]) -> Iterator[float]:
        """Yields how long is spoken between each two instants."""
        for start_s, end_s in pairwise(points):
            yield covered_s(self._moments.between(start_s, end_s), start_s, end_s)


def highlights(known: Known) -> Iterator[Recommendation]:
    """Yields up to five stretches of 5 to 60 s that don't overlap, best first, together half the video at most."""
    duration_s = known.media.duration_s
    if duration_s < _LEAST_VIDEO_S:
        return
    chosen: list[_Clip] = []
    left = _clips(known)
    while left and len(chosen) < _MOST:
        worth = {clip: clip.score - _SAME_SCENE * sum(one.scene == clip.scene for one in chosen) for clip in left}
        best = max(left, key=lambda clip: (worth[clip], -clip.start_s))
        chosen.append(best)
        room_s = duration_s / 2 - sum(clip.end_s - clip.start_s for clip in chosen)
        left = [clip for clip in left if clip.end_s - clip.start_s <= room_s and not overlap(clip, best)]
    reasons = _Reasons(known)
    for clip in chosen:
        yield Recommendation(
            kind="highlight",
            value=reasons.name(clip),
            reason=reasons.reason(clip),
            score=round(min(clip.score, 1.0), 3),
            start_s=clip.start_s,
            end_s=clip.end_s,
        )


def _clips(known: Known) -> list[_Clip]:
    """Returns for each instant at which a clip may begin the best one that begins there."""
    sentences = _Sentences(known)
    points = _cut_points(known, sentences)
    parts = _ranked_parts(known)
    said_s = list(accumulate(sentences.spoken_s(points), initial=0.0))
    begins, closes = [*map(sentences.begin_after, points)], [*map(sentences.end_before, points)]
    worth = list(accumulate(_worth(known, parts, points), initial=0.0))
    longest_s = min(max(known.media.duration_s / _SHARE, _ALWAYS_S), known.media.duration_s / 2, _LONGEST_S)
    scenes = known.of_kind("scene")
    scene_starts_s = [scene.start_s for scene in scenes]
    opens = {*scene_starts_s, *(line.start_s for line in headings(known.findings, known.name))}
    clips = []
    for first, start_s in enumerate(points):
        ends = range(bisect_left(points, start_s + _SHORTEST_S), bisect_right(points, start_s + longest_s))
        bonus = _OPENS if start_s in opens else 0.0
        options = [
            (
                (worth[end] - worth[first]) / (points[end] - start_s) * _fit(points[end] - start_s) + bonus,
                points[end],
            )
            for end in ends
            if (begins[first] and closes[end]) or said_s[end] == said_s[first]
        ]
        score, end_s = max(options, default=(0.0, 0.0))
        if score >= _LEAST_SCORE:
            scene = bisect_right(scene_starts_s, start_s) - 1
            clips.append(_Clip(start_s, end_s, score, scene if scene >= 0 else None))
    return clips


def _fit(length_s: float) -> float:
    """Returns what of its worth a clip keeps by its length, 0..1."""
    shortest_s, longest_s = _BEST_S
    return float(min(length_s / shortest_s, 1.0, longest_s / length_s) ** 0.25)


def _ranked_parts(known: Known) -> list[Segment]:
    """Returns what the video was divided into and ranked: shots, or scenes where there is nothing to see."""
    return [one for one in known.of_kind("shot") or known.of_kind("scene") if one.score is not None]


def _cut_points(known: Known, sentences: _Sentences) -> list[float]:
    """Returns the instants at which a clip may begin or end, in order: cuts, and where sentences begin or end."""
    duration_s = known.media.duration_s
    cuts = {0.0, duration_s}
    for segment in known.segments:
        if segment.kind in {"shot", "black"} or (segment.kind == "scene" and not known.media.video):
            cuts |= {segment.start_s, segment.end_s}
    whole = sorted(time_s for time_s in cuts if 0.0 <= time_s <= duration_s and not sentences.inside(time_s))
    spoken = {time_s for span in sentences.spans for time_s in (span.start_s, span.end_s) if time_s <= duration_s}
    own = [time_s for time_s in spoken if not sentences.inside(time_s) and not _is_near(time_s, whole)]
    return sorted([*whole, *own])


def _is_near(time_s: float, others: Sequence[float]) -> bool:
    place = bisect_left(others, time_s)
    return any(abs(other - time_s) < _NEAR_S for other in others[max(place - 1, 0) : place + 1])


def _worth(known: Known, parts: Sequence[Segment], points: Sequence[float]) -> Iterator[float]:
    """Yields what each stretch between two instants is worth: its score times its length."""
    ranked = Moments(parts)
    empty: Moments[Segment | Finding] = Moments([*known.of_kind("black"), *known.named("frozen")])
    told = Moments(
        evidence
        for tag in known.tags
        if tag.kind in SUBJECTS
        for evidence in tag.evidence
        if evidence.modality in {"text", "speech"}
    )
    spoken = Moments(known.of_kind("speech"))
    still = Moments(one for one in known.named("still") if not spoken.between(one.start_s, one.end_s))
    for start_s, end_s in pairwise(points):
        shares = [
            (part.score or 0.0) * (min(part.end_s, end_s) - max(part.start_s, start_s))
            for part in ranked.between(start_s, end_s)
        ]
        topics_s = covered_s(told.between(start_s, end_s), start_s, end_s)
        empty_s = covered_s(empty.between(start_s, end_s), start_s, end_s)
        still_s = covered_s(still.between(start_s, end_s), start_s, end_s)
        lost = min((empty_s + _STILL * still_s) / (end_s - start_s), 1.0)
        yield (sum(shares) + _TOPIC * topics_s) * (1 - lost)


class _Reasons:
    """Says in words what speaks for a clip."""

    def __init__(self, known: Known) -> None:
        self._parts = Moments(_ranked_parts(known))
        titles = (line for line in headings(known.findings, known.name) if height(line) >= TITLE_HEIGHT)
        self._titles = Moments(titles)
        self._said = Moments(known.said_clearly())

    def name(self, clip: _Clip) -> str:
        """Returns what the clip could be called: the title that is there for most of it; empty without one."""
        title = self._title(clip)
        there = title is not None and shared_s(title, clip) >= (clip.end_s - clip.start_s) / 2
        return shortened(str(title.value)) if title and there else ""

    def reason(self, clip: _Clip) -> str:
        """Returns the reason of the part that ranks highest in it, with what is shown and said."""
        parts = self._parts.between(clip.start_s, clip.end_s)
        best = max(parts, key=lambda part: (part.score or 0.0, shared_s(part, clip)))
        where = f"{best.kind}:{best.index}"
        where = where if len(parts) == 1 else f"{len(parts)} {best.kind}s, the best of them {where}"
        words = [f"{where} ({best.score:.2f}): {best.reason}"]
        title = self._title(clip)
        quote = f"“{shortened(str(title.value))}”" if title else ""
        if quote and quote not in best.reason:
            words.append(f"shows {quote}")
        said = self._said.between(clip.start_s, clip.end_s)
        if said:
            words.append(f"says “{shortened(max(said, key=lambda line: len(line.text)).text, 80)}”")
        return "; ".join(words)

    def _title(self, clip: _Clip) -> Finding | None:
        """Returns the title that is there longest; what goes as the clip begins, or comes at its end, is none."""
        shown = [
            line for line in self._titles.between(clip.start_s, clip.end_s) if shared_s(line, clip) >= _READ_S
        ]
        return max(shown, key=lambda line: shared_s(line, clip), default=None)
