"""Fades: the picture goes to black or white, or another one comes out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.segment.shots.reel import Reel
from functions.segment.shots.thumbnail import Instant, inside, likeness

__all__ = ["Fade", "FadeDetector"]

_BLACK = 20.0
_WHITE = 235.0

_SHARE = 0.98
"""Share of the cells that must be black or white."""

_LOGO = 0.08
"""Share of the cells that may stay as they were in the pictures before black, as a station's logo does."""

_PICTURES, _EVERY_S = 6, 0.5
"""How many of those pictures are compared, and how far apart they are: a wipe or dissolve to lights is shorter."""

_STAYS = 8.0
"""Luma by which a logo changes at most."""

_LIGHT = 40.0
"""Luma that none of the other cells has in black: a night with a few lights in it is a picture."""

_LEAST_WHITE = 0.3
"""Share of the cells that must be white; the rest may be letter box."""

_RAMP_S = 4.0
"""How far on each side of the emptiest frame the full picture is looked for."""

_MAX_STEP = 0.4
"""Part of the way between picture and emptiness that one frame may make; more is a cut or a flash."""

_GROWTH = 0.05
"""Part of the way that a full picture may still go on, by its own movement."""

_NOISE = 1.0
"""Luma that coding noise moves an even picture by."""

_FLASH_S = 0.6
"""A picture that goes to white or black and is back within this time was flashed at, not faded."""

_ALIKE = 0.7

_FAINT = 4.0
"""Luma that a full picture must be away from black or white."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """A fade out, in, or both.

    Attributes:
        start: First frame that is not the full picture any more; None where none fades out.
        empty: First black or white frame.
        emptiest: First of the blackest or whitest frames.
        filling: First frame after the last of the blackest or whitest.
        filled: First frame after the black or white ones.
        end: First frame of full picture again; None where none fades in.
    """

    start: Instant | None
    empty: Instant
    emptiest: Instant
    filling: Instant
    filled: Instant
    end: Instant | None


@dataclass(frozen=True, slots=True)
class _Look:
    """A frame's mean luma; 0 is black, 255 white."""

    at: Instant
    luma: float


@dataclass(slots=True)
class _Stretch:
    """Consecutive empty frames.

    Attributes:
        level: 0 for black, 255 for white.
        head: Those up to the first of the emptiest.
        tail: Those since the last of the emptiest, the latest of them.
        first: The first.
    """

    level: float
    head: list[_Look]
    tail: deque[_Look]
    first: _Look

    @classmethod
    def beginning(cls, level: float, look: _Look) -> _Stretch:
        """Returns a stretch of one frame."""
        return cls(level, [look], deque([look]), look)

    def add(self, look: _Look) -> None:
        """Takes the next empty frame."""
        away, least = (abs(one.luma - self.level) for one in (look, self.head[-1]))
        if away < least - _NOISE:
            self.head += [*(one for one in self.tail if one is not self.head[-1]), look]
        if away <= least + _NOISE:
            self.tail.clear()
        _append(self.tail, look)


class FadeDetector:
    """Finds stretches of black or white frames that a picture gradually goes to, or comes from.

    Args:
        reel: The frames.
    """

    def __init__(self, reel: Reel) -> None:
        self.fades: list[Fade] = []
        self._reel = reel
        self._next = 0
        self._before: deque[_Look] = deque()
        self._pictures: deque[tuple[float, npt.NDArray[np.float32]]] = deque(maxlen=_PICTURES)
        self._stretch: _Stretch | None = None
        self._after: list[_Look] = []

    def advance(self, *, final: bool = False) -> None:
        """Takes the new frames; decides about an empty stretch once it knows what follows."""
        start = self._next - self._reel.first
        luma = self._reel.planes[start:, ..., 0]
        black = (luma < _BLACK).mean(axis=(1, 2)) >= 1 - _LOGO
        bright = (luma > _WHITE).mean(axis=(1, 2)) >= _LEAST_WHITE
        for offset, mean in enumerate(luma.mean(axis=(1, 2))):
            white = bool(bright[offset]) and _is_white(luma[offset])
            level = 0.0 if black[offset] and self._is_black(luma[offset]) else 255.0 if white else None
            at = self._reel.at[start + offset]
            if not black[offset] and (not self._pictures or at.time_s >= self._pictures[-1][0] + _EVERY_S):
                self._pictures.append((at.time_s, luma[offset].copy()))
            self._observe(_Look(at, float(mean)), level)
        self._next = self._reel.end
        if final:
            self._close()

    def _is_black(self, luma: npt.NDArray[np.float32]) -> bool:
        """Tells whether a dark picture is black but for what stays of the latest ones that were not dark."""
        lit = luma >= _BLACK
        if self._pictures:
            lit &= np.max([np.abs(luma - picture) for _, picture in self._pictures], axis=0) > _STAYS
        return bool(lit.mean() <= 1 - _SHARE and luma[lit].max(initial=0.0) < _LIGHT)

    def _observe(self, look: _Look, level: float | None) -> None:
        stretch = self._stretch
        if level is not None and stretch is not None and level == stretch.level and not self._after:
            stretch.add(look)
        elif level is not None:
            self._close()
            self._stretch = _Stretch.beginning(level, look)
        elif stretch is not None:
            self._after.append(look)
            if look.at.time_s - stretch.tail[-1].at.time_s > _RAMP_S:
                self._close()
        else:
            _append(self._before, look)

    def _close(self) -> None:
        """Decides about the empty stretch that is still waiting for its successors, if any."""
        stretch = self._stretch
        if stretch is not None:
            out = [*reversed(stretch.head), *reversed(self._before)]
            back = [*stretch.tail, *self._after]
            left, full = _full_picture(out), _full_picture(back)
            if left is not None or full is not None:
                fade = Fade(
                    start=out[left - 1].at if left else None,
                    empty=stretch.first.at,
                    emptiest=stretch.head[-1].at,
                    filling=back[min(1, len(back) - 1)].at,
                    filled=(self._after[0] if self._after else back[-1]).at,
                    end=back[full].at if full else None,
                )
                if not self._is_flash(fade):
                    self.fades.append(fade)
        for look in self._after:
            _append(self._before, look)
        self._stretch, self._after = None, []

    def _is_flash(self, fade: Fade) -> bool:
        if fade.start is None or fade.end is None or fade.end.time_s - fade.start.time_s > _FLASH_S:
            return False
        before = max(fade.start.index - 1 - self._reel.at[0].index, 0)
        after = fade.end.index - self._reel.at[0].index
        return likeness(self._reel.planes[before], self._reel.planes[after]) > _ALIKE


def _is_white(luma: npt.NDArray[np.float32]) -> bool:
    """Returns whether a picture is white but for letter boxes."""
    picture = luma[inside(luma)]
    return picture.size >= _LEAST_WHITE / 2 * luma.size and float(np.mean(picture > _WHITE)) >= _SHARE


def _append(looks: deque[_Look], look: _Look) -> None:
    looks.append(look)
    while look.at.time_s - looks[0].at.time_s > _RAMP_S:
        looks.popleft()


def _full_picture(ramp: Sequence[_Look]) -> int | None:
    """Returns the position of full picture in a ramp that begins at the emptiest frame.

    Returns:
        None when there is no picture, or it comes at a leap.
    """
    away = np.abs(np.array([look.luma for look in ramp]) - ramp[0].luma)
    for position in range(1, len(away)):
        ahead = away[position + 1 : position + 1 + max(3, position // 5)]
        if away[position] >= _FAINT and ahead.max(initial=0.0) <= away[position] * (1 + _GROWTH) + _NOISE:
            peak = max(away[position], ahead.max(initial=0.0))
            if np.diff(away[: position + 1]).max() > _MAX_STEP * peak + _NOISE:
                return None
            # A ramp's ends are vague, its middle is not.
            quarter, most = (int(np.argmax(away >= share * peak)) for share in (0.25, 0.75))
            return min(max(most + (most - quarter) // 2, most), len(away) - 1)
    return None
