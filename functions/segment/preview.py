"""Which parts of a video make up its preview: some of the best, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.encoding import Excerpt
from shared.domain.records import Segment
from shared.domain.segments import clear_spans

__all__ = ["PREVIEW_SHORT_SIDE", "preview_excerpts"]

PREVIEW_SHORT_SIDE = 240
"""Pixels of the shorter side of a preview, which is shown as small as a poster in a list."""

_LENGTH_S = 3.0
_PARTS = 4
_PART_S = _LENGTH_S / _PARTS
_SHORTEST_S = 0.2
"""What is shorter is a flicker, not an excerpt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A part of a shot in which something is to be seen.

    Attributes:
        shot: The shot.
        start_s: First instant.
        end_s: First instant after it.
    """

    shot: Segment
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def preview_excerpts(shots: Sequence[Segment], black: Sequence[Segment]) -> list[Excerpt]:
    """Returns what a preview shows, at least one excerpt; three seconds in all, or as much as there is.

    Args:
        shots: Ranked, in time order, at least one.
        black: Spans in which nothing is to be seen.
    """
    clear = [
        span
        for shot, (start_s, end_s) in zip(shots, clear_spans(shots), strict=True)
        for span in _lit(shot, start_s, end_s, black)
    ]
    # A video that is nothing but black and transitions is shown as it is.
    spans = clear or [_Span(shot=shot, start_s=shot.start_s, end_s=shot.end_s) for shot in shots]
    best = sorted(_enough(spans), key=lambda span: -(span.shot.score or 0.0))[:_PARTS]
    return list(_joined(_excerpts(sorted(best, key=lambda span: span.start_s))))


def _lit(shot: Segment, start_s: float, end_s: float, black: Sequence[Segment]) -> Iterator[_Span]:
    """Yields what of a part of a shot is not black."""
    for dark in sorted(black, key=lambda segment: segment.start_s):
        if dark.start_s < end_s and dark.end_s > start_s:
            yield from _long_enough(shot, start_s, dark.start_s)
            start_s = dark.end_s
    yield from _long_enough(shot, start_s, end_s)


def _long_enough(shot: Segment, start_s: float, end_s: float) -> Iterator[_Span]:
    if end_s - start_s >= _SHORTEST_S:
        yield _Span(shot=shot, start_s=start_s, end_s=end_s)


def _enough(spans: Sequence[_Span]) -> list[_Span]:
    """Halves the longest spans until there are enough of them, or all are short: a long shot changes, too."""
    spans = list(spans)
    while len(spans) < _PARTS:
        longest = max(spans, key=lambda span: span.length_s)
        if longest.length_s < 2 * _PART_S:
            break
        middle_s = (longest.start_s + longest.end_s) / 2
        spans.remove(longest)
        spans += [replace(longest, end_s=middle_s), replace(longest, start_s=middle_s)]
    return spans


def _excerpts(spans: Sequence[_Span]) -> Iterator[Excerpt]:
    """Yields the middle of each span, or what begins with its keyframe: what is before that is seldom decoded."""
    share_s = _LENGTH_S / len(spans)
    for span in spans:
        length_s = min(share_s, span.length_s)
        start_s = span.shot.keyframe_s
        if start_s is None or not span.start_s <= start_s < span.end_s:
            start_s = (span.start_s + span.end_s - length_s) / 2
        start_s = max(min(start_s, span.end_s - length_s), span.start_s)
        yield Excerpt(start_s=start_s, length_s=length_s)


def _joined(excerpts: Iterator[Excerpt]) -> Iterator[Excerpt]:
    """Yields excerpts, those that follow one another without a gap as one."""
    last: Excerpt | None = None
    for excerpt in excerpts:
        if last is not None and abs(last.start_s + last.length_s - excerpt.start_s) < 1e-6:
            last = replace(last, length_s=last.length_s + excerpt.length_s)
            continue
        if last is not None:
            yield last
        last = excerpt
    if last is not None:
        yield last
