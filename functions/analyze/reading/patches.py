"""Recognising a piece of one picture in the pictures before and after it, far more cheaply than by reading it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
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
_CHANGED: Final = 0.8
_REACH: Final = 12  # pixels that text moves from one picture to the next: a screen in some six seconds
_LETTER: Final = 0.6  # its width, of a line's height
_FINE: Final = 20  # height of a line in pixels that is enough; seen coarsely, large letters may grow a little
_FAINT: Final = 0.5  # of the strength of letters' outlines; what is behind them has weaker ones
_STRONGEST: Final = 0.97  # the share of the pixels that are fainter
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

    @property
    def has_changed(self) -> bool:
        """Whether it is the same, but not as it was: what slowly grows, or what is before something else now."""
        return _PRESENT <= self.whole < _CHANGED


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
        self.place: Place = (left, top)
        self.size = (max(right - left, 0), max(bottom - top, 0))
        self._coarseness = max(self.size[1] // _FINE, 1)
        piece = picture[top:bottom, left:right]
        self._faint = _FAINT * float(np.quantile(piece, _STRONGEST)) if piece.size else 0.0
        self._template = self._essence(piece)
        self._letters = _letters(self._template)

    def at(self, picture: Gray, place: Place) -> Likeness | None:
        """Compares with one place of another picture; None if it reaches out of that, or is flat itself."""
        (x, y), (width, height) = place, self.size
        if x < 0 or y < 0 or x + width > picture.shape[1] or y + height > picture.shape[0] or not self._letters:
            return None
        seen = self._essence(picture[y : y + height, x : x + width])
        weakest = min(_correlation(self._template[:, part], seen[:, part]) for part in self._letters)
        # What goes on along a line, such as the edge of what it stands on, is no part of it.
        return Likeness(_correlation(_along(self._template), _along(seen)), weakest)

    def moved(self, picture: Gray, place: Place) -> Patch:
        """Returns what is in a place of another picture, as large as this."""
        return Patch(picture, (*place, *self.size))

    def find(self, picture: Gray, expected: Place) -> tuple[Place, Likeness] | None:
        """Finds the patch where it is expected or a little beside; None if it is not there."""
        here = self.at(picture, expected)
        if not self._letters:
            return None
        if here is not None and here.is_present:
            return expected, here
        (x, y), (width, height) = expected, self.size
        left, top = max(x - _REACH, 0), max(y - _REACH, 0)
        around = self._essence(picture[top : max(y + height + _REACH, 0), left : max(x + width + _REACH, 0)])
        if around.shape[0] < self._template.shape[0] or around.shape[1] < self._template.shape[1]:
            return None
        likeness = cv2.matchTemplate(around, self._template, cv2.TM_CCOEFF_NORMED)
        _, _, _, (dx, dy) = cv2.minMaxLoc(likeness)
        place = (left + dx * self._coarseness, top + dy * self._coarseness)
        there = self.at(picture, place)
        return (place, there) if there is not None and there.is_present else None

    def _essence(self, piece: Gray) -> Gray:
        """Returns a piece without what is faint beside these letters, as finely as they need."""
        strong = cv2.subtract(piece, self._faint) if piece.size else piece
        if self._coarseness == 1 or not piece.size:
            return np.asarray(strong, np.uint8)
        rows, columns = (max(side // self._coarseness, 1) for side in piece.shape)
        strong = strong[: rows * self._coarseness, : columns * self._coarseness]
        return np.asarray(cv2.resize(strong, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _letters(template: Gray) -> Sequence[slice]:
    """Returns columns about as wide as a letter, without those that show nothing."""
    height, width = template.shape
    parts = max(round(width / max(_LETTER * height, 1)), 1)
    edges = [width * part // parts for part in range(parts + 1)]
    columns = (slice(*pair) for pair in pairwise(edges))
    return [part for part in columns if template.size and float(template[:, part].std()) >= _FLAT]


def _along(piece: Gray) -> npt.NDArray[np.float32]:
    """Returns a piece without what all of a row has."""
    return np.asarray(piece - piece.mean(axis=1, keepdims=True, dtype=np.float32), np.float32)


def _correlation(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    a, b = one.astype(np.float32), other.astype(np.float32)
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(np.vdot(a, a)) * float(np.vdot(b, b)))
    return float(np.vdot(a, b)) / size if size else 0.0
