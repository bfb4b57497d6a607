"""Where in the picture of a shot it happens: the upright window in which most moves, or stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from functions.analyze.picture_measures import Luma
from shared.domain.framing import UPRIGHT, Box

__all__ = ["Focus", "FocusWindow"]

_LEAST_MOTION: Final = 2e-4  # of luma, mean of all pixels; less is noise, and what stands out is looked at instead
_DETAIL_EVERY: Final = 10  # pictures; what stands still needs no second look
_CENTRE: Final = 0.05  # part of all that a window at the edge must have more than one in the middle

_Profile = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusWindow:
    """A window of 9:16 as high as the picture, or of its whole width where that is narrower.

    Attributes:
        box: x, y, width, height in 0..1 of the picture.
        share: How much of all that moves, or stands out, lies inside, 0..1.
        moves: Whether it was found by what moves.
    """

    box: Box
    share: float
    moves: bool


class Focus:
    """Adds up how much changes, and how much detail there is, in each column of a shot's pictures."""

    def __init__(self) -> None:
        self._motion: _Profile | None = None
        self._detail: _Profile | None = None
        self._pictures = 0
        self._size = (1, 1)

    def observe(self, picture: Luma, before: Luma | None) -> None:
        """Looks at the next picture of the shot, and the one before it."""
        if self._pictures % _DETAIL_EVERY == 0:
            # The same width as the picture's: the last column has no neighbour.
            steps = np.abs(np.diff(picture, axis=1, append=picture[:, -1:])).sum(axis=0, dtype=np.float64)
            self._detail = steps if self._detail is None else self._detail + steps
        if before is not None:
            change = np.abs(picture - before)
            # What changes everywhere is the light, or the camera.
            columns = np.maximum(change - np.median(change), 0.0).sum(axis=0, dtype=np.float64)
            self._motion = columns if self._motion is None else self._motion + columns
        self._pictures += 1
        self._size = (picture.shape[1], picture.shape[0])

    def window(self) -> FocusWindow | None:
        """Returns where it happens; None where nothing does."""
        width, height = self._size
        moves = self._motion is not None and float(self._motion.sum()) >= (
            _LEAST_MOTION * width * height * max(self._pictures - 1, 1)
        )
        profile = self._motion if moves else self._detail
        if profile is None or not profile.sum() > 0:
            return None
        columns = min(round(height * UPRIGHT), width)
        sums = np.convolve(profile, np.ones(columns), "valid") / profile.sum()
        middle = (width - columns) / 2
        aside = np.abs(np.arange(len(sums)) - middle) / max(middle, 1.0)
        left = int(np.argmax(sums - _CENTRE * aside))
        box = (left / width, 0.0, columns / width, 1.0)
        return FocusWindow(box=box, share=min(float(sums[left]), 1.0), moves=moves)
