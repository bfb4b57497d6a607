"""Recognising a piece of one picture in the pictures before and after it, far more cheaply than by reading it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Area", "Gray", "Likeness", "Patch", "Place", "outlines"]

Gray: TypeAlias = npt.NDArray[np.uint8]
"""(rows, columns)."""

Area: TypeAlias = tuple[int, int, int, int]
"""x, y, width and height in pixels."""

Place: TypeAlias = tuple[int, int]
"""x and y of an upper left corner in pixels."""

_PRESENT: Final = 0.5  # correlation of outlines; of another text in the same letters it is about 0.3
_REACH: Final = 12  # pixels that text moves from one picture to the next: a screen in some six seconds
_FLAT: Final = 6.0  # standard deviation of outlines in which there is nothing to recognise


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well outlines correlate, -1..1, over all of a patch, and in the letter where they do so least."""

    whole: float
    weakest: float

    @property
    def is_present(self) -> bool:
        """Whether it is the same thing, or at least most of it."""
        return self.whole >= _PRESENT


def outlines(gray: Gray) -> Gray:
    """Returns how steeply luma changes at each pixel: what letters are made of, whatever is behind them."""
    across = cv2.convertScaleAbs(cv2.Sobel(gray, cv2.CV_16S, 1, 0), alpha=0.25)
    down = cv2.convertScaleAbs(cv2.Sobel(gray, cv2.CV_16S, 0, 1), alpha=0.25)
    return np.asarray(cv2.add(across, down), np.uint8)


class Patch:
    """A piece of a picture's outlines.

    Args:
        picture: Outlines of all of the picture.
        area: Which piece; cut to what lies inside of the picture.
    """

    def __init__(self, picture: Gray, area: Area) -> None:
        rows, columns = picture.shape
        left, top = max(area[0], 0), max(area[1], 0)
        right, bottom = min(area[0] + area[2], columns), min(area[1] + area[3], rows)
        self._template = picture[top:bottom, left:right].copy()
        self._letters = _letters(self._template)
        self.place: Place = (left, top)

    def at(self, picture: Gray, place: Place) -> Likeness | None:
        """Compares with one place of another picture; None if it reaches out of that, or is flat itself."""
        (x, y), (height, width) = place, self._template.shape
        if x < 0 or y < 0 or not self._letters:
            return None
        seen = picture[y : y + height, x : x + width]
        if seen.shape != self._template.shape:
            return None
        weakest = min(_correlation(self._template[:, part], seen[:, part]) for part in self._letters)
        return Likeness(_correlation(self._template, seen), weakest)

    def find(self, picture: Gray, expected: Place) -> tuple[Place, Likeness] | None:
        """Finds the patch where it is expected or a little beside; None if it is not there."""
        here = self.at(picture, expected)
        if here is not None and here.is_present:
            return expected, here
        (x, y), (height, width) = expected, self._template.shape
        left, top = max(x - _REACH, 0), max(y - _REACH, 0)
        around = picture[top : max(y + height + _REACH, 0), left : max(x + width + _REACH, 0)]
        if around.shape[0] < height or around.shape[1] < width:
            return None
        likeness = cv2.matchTemplate(around, self._template, cv2.TM_CCOEFF_NORMED)
        _, _, _, (dx, dy) = cv2.minMaxLoc(likeness)
        place = (left + dx, top + dy)
        there = self.at(picture, place)
        return (place, there) if there is not None and there.is_present else None


def _letters(template: Gray) -> Sequence[slice]:
    """Returns columns about as wide as a letter is high, without those that show nothing."""
    height, width = template.shape
    parts = max(width // max(height, 1), 1)
    edges = [width * part // parts for part in range(parts + 1)]
    columns = (slice(start, end) for start, end in zip(edges[:-1], edges[1:], strict=True))
    return [part for part in columns if template.size and float(template[:, part].std()) >= _FLAT]


def _correlation(one: Gray, other: Gray) -> float:
    a, b = one.astype(np.float32), other.astype(np.float32)
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(np.vdot(a, a)) * float(np.vdot(b, b)))
    return float(np.vdot(a, b)) / size if size else 0.0
