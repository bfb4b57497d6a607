"""What the detectors see of a frame: about 32 by 18 cells, which hides noise, grain and small movements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.ports.media_tool import Frame

__all__ = [
    "CELL_CHANGE",
    "DARK",
    "Instant",
    "Planes",
    "changed_share",
    "distance",
    "distances",
    "inside",
    "likeness",
    "median",
    "over_colors",
    "thumbnails",
]

Planes = npt.NDArray[np.float32]
"""(rows, columns, 3), or more of them: luma 0..255, then blue and red difference around 0."""

_CELL = 5
"""Side of a cell in pixels of the analysis proxy."""

_RGB_TO_YCC = np.array([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]], np.float32)
_MEAN_OF_CELL = np.tile(_RGB_TO_YCC, (_CELL, 1)) / _CELL**2

CELL_CHANGE = 12.0
"""Difference of a cell, over luma and both colour differences, from which it shows another picture."""

DARK = 18.0
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


def thumbnails(frames: Sequence[Frame]) -> Planes:
    """Returns frames made small, (frames, rows, columns, 3).

    Up to four rows and columns at the lower and right edges are left out.

    Args:
        frames: At least one, all of one size.
    """
    rows, columns = frames[0].rgb.shape[0] // _CELL, frames[0].rgb.shape[1] // _CELL
    cells = np.empty((len(frames), rows * columns, 3), np.float32)
    # Summing rows as integers and leaving columns and colour to one matrix product is 20 times faster than a mean
    # over both axes. A product a frame: larger ones are spread over threads, which takes more CPU in all.
    for frame, into in zip(frames, cells, strict=True):
        rgb = frame.rgb[: rows * _CELL, : columns * _CELL]
        sums = np.add.reduce(rgb.reshape(rows, _CELL, columns * _CELL * 3), axis=1, dtype=np.uint16)
        np.matmul(sums.reshape(-1, _CELL * 3).astype(np.float32), _MEAN_OF_CELL, out=into)
    return cells.reshape(len(frames), rows, columns, 3)


def over_colors(planes: Planes) -> npt.NDArray[np.float32]:
    """Returns the sum of luma and both colour differences; numpy's own sum over an axis so short is slow."""
    return np.asarray(planes[..., 0] + planes[..., 1] + planes[..., 2], np.float32)


def distances(some: Planes, others: Planes) -> npt.NDArray[np.float32]:
    """Returns the distance() of each picture to its counterpart.

    Args:
        some: Pictures.
        others: As many, or one that is compared with all.
    """
    difference: Planes = np.abs(some - others)
    rows = difference.reshape(len(difference), math.prod(difference.shape[1:]))
    return np.asarray(rows.mean(axis=1) * 3, np.float32)


def distance(one: Planes, other: Planes) -> float:
    """Returns the mean difference of a cell, summed over luma and both colour differences, 0..765."""
    return float(distances(one[np.newaxis], other)[0])


def likeness(one: Planes, other: Planes) -> float:
    """Returns how well the structure of two pictures correlates, -1..1, whatever their brightness and contrast."""
    a, b = one[..., 0], other[..., 0]
    lit = inside(np.minimum(a, b))
    if np.count_nonzero(lit) < _LIT_SHARE * lit.size:
        lit = np.maximum(a, b) > DARK
    a, b = a[lit], b[lit]
    if a.size == 0:
        return 1.0
    a, b = a - a.mean(), b - b.mean()
    faint = _FAINT * a.size
    return float(np.dot(a, b) + faint) / math.sqrt(float(np.dot(a, a) + faint) * float(np.dot(b, b) + faint))


def changed_share(one: Planes, other: Planes, least: float) -> float:
    """Returns the share of the lit cells that change, not counting what all do when the exposure adapts.

    Args:
        one: A picture.
        other: Another.
        least: Difference of a cell, summed over luma and both colour differences, that is a change.
    """
    change = other - one
    change = change[np.maximum(one[..., 0], other[..., 0]) > DARK]
    if not change.size:
        return 0.0
    change -= median(change)
    return float(np.mean(over_colors(np.abs(change)) > least))


def median(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns the median over the first axis; numpy's own takes ten times as long on arrays this small."""
    ordered = np.sort(values, axis=0)
    return np.asarray((ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2, np.float32)


def inside(luma: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Returns which cells are neither letter box nor next to it, where they share pixels with it."""
    return np.outer(_lit(luma.max(axis=1)), _lit(luma.max(axis=0)))


def _lit(brightest: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Returns which rows (or columns) have something in them, as have both beside them."""
    lit = brightest > DARK
    within = lit.copy()
    within[1:] &= lit[:-1]
    within[:-1] &= lit[1:]
    return within
