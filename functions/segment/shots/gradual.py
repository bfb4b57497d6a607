"""Dissolves and wipes: one picture gives way to another over a fifth of a second up to a few seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.segment.shots.dissolves import middles_are_mixed, mixed
from functions.segment.shots.reel import Reel
from functions.segment.shots.thumbnail import (
    CELL_CHANGE,
    DARK,
    Instant,
    Planes,
    distances,
    likeness,
    over_colors,
)
from functions.segment.shots.wipes import middles_are_parted, uncovered

__all__ = ["Gradual", "GradualDetector"]

_LAGS = (5, 6, 9, 13, 19, 28, 42, 63, 94)
"""Window lengths tried, in frames, each about half as long again: one of them fits any transition."""

_THIN = 8
"""A window of so many frames, or twice as many, is tried at every second frame, or third: it fits loosely."""

_MAX_FPS = 25.0
"""Frames a second that are looked at; more would only make the windows longer."""

_PART = 0.7
"""Merit of a find that fills its window, and may go on outside of it, relative to one that does not."""

_AGREEING = 0.5
"""Strength of a find relative to the strongest from which it tells how long a transition is, too."""

_MAX_LENGTH_S = 4.0
_MIN_CHANGE = 34.0
_LEAST_LIT = 0.3
"""Share of the picture that counts at least; letter boxes do not change."""

_MAX_LIKENESS = 0.65

_MIN_STRAIGHTNESS = 0.1
"""Distance between the ends over the way the picture went: movement wanders, a transition goes straight."""

_CHANGED_SHARE = 0.85
"""Share of the cells that must change: an object that comes or leaves changes few."""

_LEAST_STRENGTH = 4.0
"""What is faint in all respects at once is none, though it may pass in each."""

Kind: TypeAlias = Literal["dissolve", "wipe"]
Positions = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradual:
    """A dissolve or a wipe.

    Attributes:
        kind: Which of them.
        start: First frame in which both pictures are.
        middle: First frame that is at least half the new picture.
        end: First frame that is wholly the new picture.
        strength: How much changes, how straight and how purely, for choosing between overlapping finds.
    """

    kind: Kind
    start: Instant
    middle: Instant
    end: Instant
    strength: float


class GradualDetector:
    """Finds dissolves and wipes.

    In a dissolve every frame in between is a weighted mean of the frames at both ends, and mixing two unlike
    pictures loses contrast in a way that can be calculated. In a wipe every part of the picture goes over from one
    to the other, once and for good, and the whole does so little by little. No movement of camera or objects does
    either.

    Args:
        reel: The frames; keeps ``reach(fps)`` at least.
        fps: Mean frames a second.
    """

    def __init__(self, reel: Reel, fps: float) -> None:
        self._finds: list[Gradual] = []
        self._reel = reel
        self._stride = _stride(fps)
        self._next = 0

    @staticmethod
    def reach(fps: float) -> int:
        """Returns how many frames a window spans at most."""
        return _LAGS[-1] * _stride(fps) + 1

    @property
    def found(self) -> list[Gradual]:
        """Of finds that overlap the strongest, as long as those that agree with it make it."""
        found: list[Gradual] = []
        for finds in _bundles(self._finds):
            found += _settled(finds)
        return found

    def advance(self) -> None:
        """Looks for what ends with one of the frames that are new."""
        reel = self._reel
        numbers = np.arange(-(-self._next // self._stride) * self._stride, reel.end, self._stride)
        way = np.cumsum(reel.steps, dtype=np.float64)
        times_s = np.array([at.time_s for at in reel.at])
        for lag in _LAGS:
            ends = numbers[numbers // self._stride % (1 + lag // _THIN) == 0] - reel.first
            ends = ends[ends >= lag * self._stride]
            ends = ends[times_s[ends] - times_s[ends - lag * self._stride] <= _MAX_LENGTH_S]
            if ends.size:
                for end, kind in self._likely(ends, lag, way):
                    self._keep(end, lag, kind)
        self._next = reel.end

    def _likely(self, ends: Positions, lag: int, way: npt.NDArray[np.float64]) -> Iterator[tuple[int, Kind]]:
        """Yields where windows end whose ends differ, and what their middle shows: both mixed, or part of each."""
        planes, starts = self._reel.planes, ends - lag * self._stride
        apart = over_colors(np.abs(planes[ends] - planes[starts]))
        change = apart.mean(axis=(1, 2))
        differ = change >= np.maximum(_MIN_STRAIGHTNESS * (way[ends] - way[starts]), _MIN_CHANGE * _LEAST_LIT)
        ends, starts, apart, change = ends[differ], starts[differ], apart[differ], change[differ]
        if not ends.size:
            return
        lit = np.maximum(planes[ends, ..., 0], planes[starts, ..., 0]) > DARK
        share = lit.mean(axis=(1, 2))
        differ = change >= _MIN_CHANGE * np.maximum(share, _LEAST_LIT)
        differ &= ((apart > CELL_CHANGE) & lit).mean(axis=(1, 2)) >= _CHANGED_SHARE * share
        ends, starts = ends[differ], starts[differ]
        if not ends.size:
            return
        first, last = planes[starts], planes[ends]
        middle = planes[starts + lag // 2 * self._stride]
        blended = middles_are_mixed(first, last, middle)
        yield from ((int(end), "dissolve") for end in ends[blended])
        parted = middles_are_parted(first, last, middle)
        yield from ((int(end), "wipe") for end in ends[parted])

    def _keep(self, end: int, lag: int, kind: Kind) -> None:
        """Adds what happens in a window, if anything."""
        start = end - lag * self._stride
        window = self._reel.planes[start : end + 1 : self._stride]
        instants = self._reel.at[start : end + 1 : self._stride]
        found = _gradual(window, instants, kind)
        if found is not None:
            self._finds.append(found)


def _bundles(finds: Iterable[Gradual]) -> Iterator[list[Gradual]]:
    """Yields finds of which each overlaps another."""
    bundle: list[Gradual] = []
    end = -1
    for find in sorted(finds, key=lambda find: find.start):
        if bundle and find.start.index >= end:
            yield bundle
            bundle = []
        bundle.append(find)
        end = max(end, find.end.index)
    if bundle:
        yield bundle


def _settled(finds: Sequence[Gradual]) -> Iterator[Gradual]:
    """Yields what is left of finds when the strongest have taken their places."""
    rest = sorted(finds, key=lambda find: -find.strength)
    while rest:
        best, *rest = rest
        agreeing = [best, *(find for find in rest if _agrees(find, best))]
        whole = replace(best, start=min(find.start for find in agreeing), end=max(find.end for find in agreeing))
        yield whole
        rest = [find for find in rest if find.end <= whole.start or find.start >= whole.end]


def _agrees(find: Gradual, best: Gradual) -> bool:
    """Tells whether a find is of the same transition as a stronger one, whose middle it holds."""
    same = find.kind == best.kind and find.strength >= _AGREEING * best.strength
    return same and find.start <= best.middle <= find.end


def _stride(fps: float) -> int:
    return max(1, round(fps / _MAX_FPS))


def _gradual(window: Planes, instants: Sequence[Instant], kind: Kind) -> Gradual | None:
    """Returns the transition between the first and the last frame of a window, if that is what happens there."""
    first, last = window[0], window[-1]
    unlike = 1 - likeness(first, last)
    if unlike < 1 - _MAX_LIKENESS:
        return None
    seen = mixed(window) if kind == "dissolve" else uncovered(window)
    if seen is None:
        return None
    held, purity = seen
    change = float(distances(first[np.newaxis], last)[0])
    straightness = change / float(distances(window[1:], window[:-1]).sum())
    strength = unlike * change * straightness * purity**4
    if strength < _LEAST_STRENGTH:
        return None
    start, end = _extent(held)
    whole = 1.0 if start > 1 and end < len(window) - 2 else _PART
    half = int(np.argmax(held >= 0.5))
    return Gradual(
        kind=kind,
        start=instants[min(start, half)],
        middle=instants[half],
        end=instants[max(end, half)],
        strength=strength * whole,
    )


def _extent(held: Numbers) -> tuple[int, int]:
    """Returns the first frame that is mixed and the first one after those, by how fast it goes in the middle."""
    low, high = 0.2, 0.8
    begins, ends = int(np.argmax(held > low)), int(np.argmax(held > high))

    def crossing(position: int, level: float) -> float:
        before, after = float(held[position - 1]), float(held[position])
        return position - (after - level) / max(after - before, 1e-6)

    first, last = crossing(begins, low), crossing(ends, high)
    margin = (last - first) * low / (high - low)
    return max(math.floor(first - margin) + 1, 0), min(math.ceil(last + margin), len(held) - 1)
