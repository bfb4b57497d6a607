"""Dissolves and wipes: one picture gives way to another over a fifth of a second up to a few seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.segment.shots.blends import are_blends, shares
from functions.segment.shots.reel import Reel
from functions.segment.shots.thumbnail import (
    DARK,
    Instant,
    Planes,
    distances,
    likeness,
    over_colors,
)

__all__ = ["Gradual", "GradualDetector"]

_LAGS = (5, 6, 9, 13, 19, 28, 42, 63, 94)
"""Window lengths tried, in frames, each about half as long again: one of them fits any transition."""

_THIN = 8
"""A window of so many frames, or twice as many, is tried at every second frame, or third: it fits loosely."""

_MAX_FPS = 25.0
"""Frames a second that are looked at; more would only make the windows longer."""

_PART = 0.7
"""Merit of a find that fills its window, and may go on outside of it, relative to one that does not."""

_MAX_LENGTH_S = 4.0
_MIN_CHANGE = 34.0
_LEAST_LIT = 0.3
"""Share of the picture that counts at least; letter boxes do not change."""

_MAX_LIKENESS = 0.5

_MIN_STRAIGHTNESS = 0.3
"""Distance between the ends over the way the picture went: movement wanders, a transition goes straight."""

_CELL_CHANGE = 12.0
_CHANGED_SHARE = 0.5
"""Share of the cells that must change: an object that leaves a plain scene changes few."""

_FLAT = 1.5
"""Contrast of luma below which a picture is empty: mixing with it is a fade."""

_BETWEEN = (0.15, 0.85)
"""How much of the new picture there is in the middle of a window."""

_MAX_UNEXPLAINED = 0.36
_MAX_NEITHER = 0.26
"""Part of the difference of two pictures by which a wipe's cells are like neither of them."""

_CELL_NOISE = 6.0
"""Change that noise alone makes in a cell."""

_CHANGING_SHARE = 0.75
"""Share of the lit cells over which an edge has to go."""

_MAX_ROUGHNESS = 0.3
"""How evenly the edge goes; 0 is perfect, 1 is chance."""

_MAX_DURATION = 0.4
"""Variance of when a cell changes, relative to that of when the cells do."""

_MOST_MIXED = 0.65
"""Part of a window in which the edge may be on its way: before and after a wipe there is none."""

_MAX_LEAP = 0.36
"""Part of the picture that goes over in one frame; more is a cut."""

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
        strength: How much changes, and how straight, for choosing between overlapping finds.
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
        self.found: list[Gradual] = []
        self._reel = reel
        self._stride = _stride(fps)
        self._next = 0

    @staticmethod
    def reach(fps: float) -> int:
        """Returns how many frames a window spans at most."""
        return _LAGS[-1] * _stride(fps) + 1

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
        lit = (np.maximum(planes[ends, ..., 0], planes[starts, ..., 0]) > DARK).mean(axis=(1, 2))
        change = distances(planes[ends], planes[starts]) / np.maximum(lit, _LEAST_LIT)
        straight = change * lit >= _MIN_STRAIGHTNESS * (way[ends] - way[starts])
        differ = straight & (change >= _MIN_CHANGE)
        ends, starts = ends[differ], starts[differ]
        if not ends.size:
            return
        first, last = planes[starts], planes[ends]
        middle = planes[starts + lag // 2 * self._stride]
        mixed = _middle_is_mixed(first, last, middle)
        yield from ((int(end), "dissolve") for end in ends[mixed])
        parted = ends[~mixed][_middle_is_parted(first[~mixed], last[~mixed], middle[~mixed])]
        yield from ((int(end), "wipe") for end in parted)

    def _keep(self, end: int, lag: int, kind: Kind) -> None:
        """Adds what happens in a window, if anything; of finds that overlap the strongest stays."""
        start = end - lag * self._stride
        window = self._reel.planes[start : end + 1 : self._stride]
        instants = self._reel.at[start : end + 1 : self._stride]
        found = _gradual(window, instants, kind)
        if found is None:
            return
        rivals = [other for other in self.found[-8:] if found.start < other.end and other.start < found.end]
        if all(found.strength > other.strength for other in rivals):
            self.found = [other for other in self.found if other not in rivals]
            self.found.append(found)


def _stride(fps: float) -> int:
    return max(1, round(fps / _MAX_FPS))


def _middle_is_mixed(first: Planes, last: Planes, middle: Planes) -> npt.NDArray[np.bool_]:
    whole, part = (last - first).reshape(len(first), -1), (middle - first).reshape(len(first), -1)
    energy = np.maximum(np.einsum("ij,ij->i", whole, whole), 1e-3)
    held = np.einsum("ij,ij->i", part, whole) / energy
    unexplained = np.einsum("ij,ij->i", part, part) - held**2 * energy
    between = (held > _BETWEEN[0]) & (held < _BETWEEN[1])
    return np.asarray(between & (unexplained <= _MAX_UNEXPLAINED**2 * energy), np.bool_)


def _middle_is_parted(first: Planes, last: Planes, middle: Planes) -> npt.NDArray[np.bool_]:
    held, neither = _parts(first, last, middle)
    return np.asarray((held > _BETWEEN[0]) & (held < _BETWEEN[1]) & (neither <= _MAX_NEITHER), np.bool_)


def _parts(first: Planes, last: Planes, pictures: Planes) -> tuple[Numbers, Numbers]:
    """Returns which share of the changing cells shows the last picture, and how far all are from either."""
    axes = (-2, -1)
    whole = over_colors(np.abs(last - first))
    old, new = (over_colors(np.abs(pictures - end)) for end in (first, last))
    changing = whole > _CELL_CHANGE
    count = np.maximum(changing.sum(axis=axes), 1)
    held = ((new < old) & changing).sum(axis=axes) / count
    neither = np.where(changing, np.minimum(old, new), 0).sum(axis=axes)
    neither = neither / np.maximum(np.where(changing, whole, 0).sum(axis=axes), 1e-3)
    return np.asarray(held, np.float32), np.asarray(neither, np.float32)


def _gradual(window: Planes, instants: Sequence[Instant], kind: Kind) -> Gradual | None:
    """Returns the transition between the first and the last frame of a window, if that is what happens there."""
    first, last = window[0], window[-1]
    unlike = 1 - likeness(first, last)
    lit = np.maximum(first[..., 0], last[..., 0]) > DARK
    changed = over_colors(np.abs(last - first))[lit] > _CELL_CHANGE
    if unlike < 1 - _MAX_LIKENESS or np.count_nonzero(changed) < _CHANGED_SHARE * changed.size:
        return None
    held = _mixed(window) if kind == "dissolve" else _uncovered(window)
    if held is None:
        return None
    change = float(distances(first[np.newaxis], last)[0])
    straightness = change / float(distances(window[1:], window[:-1]).sum())
    start, end = _extent(held)
    whole = 1.0 if start > 1 and end < len(window) - 2 else _PART
    half = int(np.argmax(held >= 0.5))
    return Gradual(
        kind=kind,
        start=instants[min(start, half)],
        middle=instants[half],
        end=instants[max(end, half)],
        strength=unlike * change * straightness**2 * whole,
    )


def _mixed(window: Planes) -> Numbers | None:
    """Returns how much of the last picture each frame holds, if they are mixed as in a dissolve."""
    first, last = window[0], window[-1]
    if min(first[..., 0].std(), last[..., 0].std()) < _FLAT:
        return None
    held, _ = shares(first, last, window)
    mixed = (held > 0.2) & (held < 0.8)
    if np.count_nonzero(mixed) < len(window) / 4 or not are_blends(first, last, window[mixed]):
        return None
    return held


def _uncovered(window: Planes) -> Numbers | None:
    """Returns how much of the last picture is to be seen in each frame, if it is uncovered as in a wipe.

    Where both pictures move neither end of the window tells what a cell shows. But a cell changes most when the
    edge goes over it, and its neighbours do so just before and after it.
    """
    first, last = window[0], window[-1]
    lit = np.maximum(first[..., 0], last[..., 0]) > DARK
    changes = over_colors(np.abs(np.diff(window, axis=0)))
    changes = np.maximum(changes - 2 * changes.mean(axis=0) - _CELL_NOISE, 0)
    total = changes.sum(axis=0)
    changing = (total > _CELL_CHANGE) & lit
    if np.count_nonzero(changing) < _CHANGING_SHARE * np.count_nonzero(lit):
        return None
    steps = np.arange(1, len(window), dtype=np.float32)[:, np.newaxis, np.newaxis]
    when = (changes * steps).sum(axis=0) / np.maximum(total, 1e-3)
    if _roughness(when, changing) > _MAX_ROUGHNESS or not _sudden(changes, when, changing):
        return None
    held = np.searchsorted(np.sort(when[changing]), np.arange(len(window)), "right") / np.count_nonzero(changing)
    mixed = (held > 0.1) & (held < 0.9)
    if not len(window) / 5 <= np.count_nonzero(mixed) <= _MOST_MIXED * len(window):
        return None
    _, neither = _parts(first, last, window)
    if np.diff(held).max() > _MAX_LEAP or neither[mixed].mean() > _MAX_NEITHER:
        return None
    return np.asarray(held, np.float32)


def _roughness(when: Numbers, there: npt.NDArray[np.bool_]) -> float:
    """Returns how far cells are from their neighbours' mean, relative to how far they are from one another."""
    padded, weight = np.pad(np.where(there, when, 0), 1), np.pad(there.astype(np.float32), 1)
    rows, columns = when.shape
    total, count = np.zeros_like(when), np.zeros_like(when)
    for row, column in ((0, 1), (1, 0), (1, 2), (2, 1), (0, 0), (0, 2), (2, 0), (2, 2)):
        total += padded[row : row + rows, column : column + columns]
        count += weight[row : row + rows, column : column + columns]
    chosen = there & (count >= 3)
    if not chosen.any():
        return float("inf")
    apart = np.abs(when - total / np.maximum(count, 1))[chosen].mean()
    return float(apart / max(float(np.abs(when[chosen] - when[chosen].mean()).mean()), 1e-3))


def _sudden(changes: Numbers, when: Numbers, there: npt.NDArray[np.bool_]) -> bool:
    """Returns whether each cell changes within less time than lies between the cells."""
    steps = np.arange(1, len(changes) + 1, dtype=np.float32)[:, np.newaxis, np.newaxis]
    own = (changes * (steps - when) ** 2).sum(axis=0) / np.maximum(changes.sum(axis=0), 1e-3)
    return bool(own[there].mean() <= _MAX_DURATION * when[there].var())


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
