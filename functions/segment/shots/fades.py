"""Fades: the picture goes to black or white and another one comes out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.segment.shots.thumbnail import Instant, Thumbnail

__all__ = ["Fade", "FadeDetector"]

_BLACK = 20.0
_WHITE = 235.0

_SHARE = 0.98
"""Share of the cells that must be black or white: a station's logo may stay."""

_RAMP_S = 1.5
"""How far on each side of the empty frames the full picture is looked for."""

_MAX_STEP = 0.5
"""Part of the way between picture and emptiness that one frame may make; more is a cut or a flash."""

_GROWTH = 0.03
"""Part of the way that a full picture may still go on in three frames, by its own movement."""

_NOISE = 1.0
"""Luma that coding noise moves an even picture by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """A fade out and in again.

    Attributes:
        start: Last frame of full picture.
        empty_start: First black or white frame.
        middle: First of the blackest or whitest frames.
        empty_end: First frame after the black or white ones.
        end: First frame of full picture again.
    """

    start: Instant
    empty_start: Instant
    middle: Instant
    empty_end: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class _Look:
    """A frame's mean luma; 0 is black, 255 white."""

    at: Instant
    luma: float


@dataclass(slots=True)
class _Stretch:
    """Consecutive empty frames; ``level`` is 0 for black and 255 for white."""

    level: float
    first: _Look
    last: _Look
    emptiest: _Look

    def add(self, look: _Look) -> None:
        """Takes the next empty frame."""
        self.last = look
        if abs(look.luma - self.level) < abs(self.emptiest.luma - self.level) - _NOISE:
            self.emptiest = look


class FadeDetector:
    """Finds stretches of black or white frames that the picture gradually goes to and comes back from."""

    def __init__(self) -> None:
        self.fades: list[Fade] = []
        self._before: deque[_Look] = deque()
        self._stretch: _Stretch | None = None
        self._after: list[_Look] = []

    def observe(self, thumbnail: Thumbnail) -> None:
        """Takes the next frame; decides about an empty stretch once it knows what follows."""
        look = _Look(thumbnail.at, float(thumbnail.planes[..., 0].mean()))
        level = _level(thumbnail)
        stretch = self._stretch
        if level is not None and stretch is not None and level == stretch.level and not self._after:
            stretch.add(look)
        elif level is not None:
            self.finish()
            self._stretch = _Stretch(level, look, look, look)
        elif stretch is not None:
            self._after.append(look)
            if look.at.time_s - stretch.last.at.time_s > _RAMP_S:
                self.finish()
        else:
            self._remember(look)

    def finish(self) -> None:
        """Decides about the empty stretch that is still waiting for its successors, if any."""
        stretch = self._stretch
        if stretch is not None and self._before and self._after:
            start = _full_picture(stretch.level, [stretch.first, *reversed(self._before)])
            end = _full_picture(stretch.level, [stretch.last, *self._after])
            if start is not None and end is not None:
                fade = Fade(
                    start=start,
                    empty_start=stretch.first.at,
                    middle=stretch.emptiest.at,
                    empty_end=self._after[0].at,
                    end=end,
                )
                self.fades.append(fade)
        for look in self._after:
            self._remember(look)
        self._stretch, self._after = None, []

    def _remember(self, look: _Look) -> None:
        self._before.append(look)
        while look.at.time_s - self._before[0].at.time_s > _RAMP_S:
            self._before.popleft()


def _level(thumbnail: Thumbnail) -> float | None:
    """Returns 0 for a black frame, 255 for a white one, None for a picture."""
    luma = thumbnail.planes[..., 0]
    needed = _SHARE * luma.size
    if np.count_nonzero(luma < _BLACK) >= needed:
        return 0.0
    return 255.0 if np.count_nonzero(luma > _WHITE) >= needed else None


def _full_picture(level: float, ramp: Sequence[_Look]) -> Instant | None:
    """Returns the frame of full picture that is nearest to the empty frame at the beginning of a ramp.

    Returns:
        None when the ramp's first step is too large to be a fade's.
    """
    distances = [abs(look.luma - level) for look in ramp]
    empty, way = distances[0], max(distances) - distances[0]
    for position in range(1, len(ramp)):
        ahead = max(distances[position + 1 : position + 4], default=0.0)
        gone = distances[position] - empty
        if gone >= way / 2 and ahead <= distances[position] + _GROWTH * way:
            return ramp[position].at if distances[1] - empty <= _MAX_STEP * gone else None
    return None
