"""What the detectors see of a frame: about 32 by 18 cells, which hides noise, grain and small movements."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.ports.media_tool import Frame

__all__ = ["Instant", "Planes", "Thumbnail", "distance", "likeness"]

Planes = npt.NDArray[np.float32]
"""(rows, columns, 3): luma 0..255, then blue and red difference around 0."""

_CELL = 5
"""Side of a cell in pixels of the analysis proxy."""

_RGB_TO_YCC = np.array([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]], np.float32)
_MEAN_OF_CELL = np.tile(_RGB_TO_YCC, (_CELL, 1)) / _CELL**2

_DARK = 18.0
"""Luma up to which a whole row or column is letter box, which must not make two pictures look alike."""

_LIT_SHARE = 0.3
"""Share of the cells that must be left without letter boxes; else all that are lit in either count."""

_FAINT = 4.0
"""Variance of luma that compression noise makes; less says nothing about likeness."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A frame's index and presentation time."""

    index: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A frame made small: when it is shown, and its cells."""

    at: Instant
    planes: Planes

    @classmethod
    def of(cls, frame: Frame) -> Thumbnail:
        """Makes a frame small; up to four rows and columns at the lower and right edges are left out."""
        rows, columns = frame.rgb.shape[0] // _CELL, frame.rgb.shape[1] // _CELL
        rgb = frame.rgb[: rows * _CELL, : columns * _CELL]
        # Summing rows as integers and leaving columns and colour to one matrix product is 20 times faster
        # than a mean over both axes.
        summed = np.add.reduce(rgb.reshape(rows, _CELL, columns * _CELL * 3), axis=1, dtype=np.uint16)
        cells = summed.reshape(rows, columns, _CELL * 3).astype(np.float32) @ _MEAN_OF_CELL
        return cls(Instant(frame.index, frame.time_s), cells)


def distance(one: Planes, other: Planes) -> float:
    """Returns the mean difference of a cell, summed over luma and both colour differences, 0..765."""
    difference: Planes = np.abs(one - other)
    return float(difference.sum()) * 3 / difference.size


def likeness(one: Planes, other: Planes) -> float:
    """Returns how well the structure of two pictures correlates, -1..1, whatever their brightness and contrast."""
    a, b = one[..., 0], other[..., 0]
    least = np.minimum(a, b)
    lit = np.outer(_inside(least.max(axis=1)), _inside(least.max(axis=0)))
    if np.count_nonzero(lit) < _LIT_SHARE * lit.size:
        lit = np.maximum(a, b) > _DARK
    a, b = a[lit], b[lit]
    if a.size == 0:
        return 1.0
    a, b = a - a.mean(), b - b.mean()
    faint = _FAINT * a.size
    return float(np.dot(a, b) + faint) / math.sqrt(float(np.dot(a, a) + faint) * float(np.dot(b, b) + faint))


def _inside(brightest: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Returns which rows (or columns) are neither letter box nor next to it, where they share cells with it."""
    lit = brightest > _DARK
    inside = lit.copy()
    inside[1:] &= lit[:-1]
    inside[:-1] &= lit[1:]
    return inside
