"""Dissolves: one picture mixing into another over a quarter of a second up to a few seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

import numpy as np

from functions.segment.shots.blends import are_blends, shares
from functions.segment.shots.thumbnail import Instant, Planes, Thumbnail, distance, likeness

__all__ = ["Dissolve", "DissolveDetector"]

_LAGS = (6, 9, 13, 19, 28, 42, 63, 90)
"""Window lengths tried, in thumbnails, each about half as long again: one of them fits any dissolve."""

_MAX_FPS = 30.0
"""Thumbnails a second that are looked at; more would only make the windows longer."""

_MAX_LENGTH_S = 4.0
_MIN_CHANGE = 34.0
_MAX_LIKENESS = 0.5

_MIN_STRAIGHTNESS = 0.3
"""Distance between the ends over the way the picture went: movement wanders, a dissolve goes straight."""

_CELL_CHANGE = 12.0
_CHANGED_SHARE = 0.5
"""Share of the cells that must change: an object that leaves a plain scene changes few."""

_FLAT = 5.0
"""Contrast of luma below which a picture is empty: mixing with it is a fade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissolve:
    """A dissolve.

    Attributes:
        start: First mixed frame.
        middle: First frame that is at least half the new picture.
        end: First frame after the mixed ones.
        strength: How much changes, for choosing between overlapping finds.
    """

    start: Instant
    middle: Instant
    end: Instant
    strength: float


class DissolveDetector:
    """Finds dissolves in a stream of thumbnails.

    In a dissolve every frame in between is a weighted mean of the frames at both ends, and mixing two unlike
    pictures loses contrast in a way that can be calculated. No movement of camera or objects does both.

    Args:
        fps: Mean frames a second.
    """

    def __init__(self, fps: float) -> None:
        self.dissolves: list[Dissolve] = []
        self._stride = max(1, round(fps / _MAX_FPS))
        self._window: deque[Thumbnail] = deque(maxlen=_LAGS[-1] + 1)
        self._way: deque[float] = deque(maxlen=_LAGS[-1] + 1)

    def observe(self, thumbnail: Thumbnail) -> None:
        """Takes the next frame and looks for a dissolve that it ends."""
        if thumbnail.at.index % self._stride:
            return
        step = distance(self._window[-1].planes, thumbnail.planes) if self._window else 0.0
        self._way.append(self._way[-1] + step if self._way else 0.0)
        self._window.append(thumbnail)
        for lag in _LAGS:
            if lag < len(self._window) and self._ends_differ(lag):
                found = _dissolve(list(islice(self._window, len(self._window) - lag - 1, None)))
                if found:
                    self._keep(found)

    def _ends_differ(self, lag: int) -> bool:
        first, last = self._window[-lag - 1], self._window[-1]
        if last.at.time_s - first.at.time_s > _MAX_LENGTH_S:
            return False
        change = distance(first.planes, last.planes)
        way = self._way[-1] - self._way[-lag - 1]
        return change >= max(_MIN_CHANGE, _MIN_STRAIGHTNESS * way)

    def _keep(self, found: Dissolve) -> None:
        """Adds a find; of those that overlap the strongest stays."""
        while self.dissolves and found.start < self.dissolves[-1].end:
            if found.strength <= self.dissolves[-1].strength:
                return
            self.dissolves.pop()
        self.dissolves.append(found)


def _dissolve(window: list[Thumbnail]) -> Dissolve | None:
    """Returns the dissolve between the first and the last frame of a window, if that is what happens there."""
    first, last = window[0].planes, window[-1].planes
    middle = window[len(window) // 2].planes
    unlike = 1 - likeness(first, last)
    if unlike < 1 - _MAX_LIKENESS or not are_blends(first, last, middle[np.newaxis]):
        return None
    if min(first[..., 0].std(), last[..., 0].std()) < _FLAT or _changed_share(first, last) < _CHANGED_SHARE:
        return None
    pictures = np.stack([thumbnail.planes for thumbnail in window])
    held, _ = shares(first, last, pictures)
    mixed = (held > 0.2) & (held < 0.8)
    if np.count_nonzero(mixed) < len(window) / 4 or not are_blends(first, last, pictures[mixed]):
        return None
    positions = [int(np.argmax(held > share)) for share in (0.05, 0.5, 0.95)]
    start, half, end = (window[position].at for position in positions)
    return Dissolve(start=start, middle=half, end=end, strength=unlike * distance(first, last))


def _changed_share(first: Planes, last: Planes) -> float:
    """Returns the share of cells that change, not counting what all do when the exposure adapts."""
    change = last - first
    change -= np.median(change, axis=(0, 1))
    return float(np.mean(np.abs(change).sum(axis=-1) > _CELL_CHANGE))
