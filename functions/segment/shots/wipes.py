"""Wipes: every part of the picture goes over to the other once and for good, the whole little by little."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from functions.segment.shots.edges import goes_evenly
from functions.segment.shots.thumbnail import CELL_CHANGE, DARK, Planes, over_colors

__all__ = ["middles_are_parted", "uncovered"]

_BETWEEN = (0.15, 0.85)
"""How much of the new picture there is in the middle of a window."""

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

Numbers = npt.NDArray[np.float32]


def middles_are_parted(first: Planes, last: Planes, middle: Planes) -> npt.NDArray[np.bool_]:
    """Tells of each window, by its ends and its middle, whether the middle shows a part of either."""
    held, neither = _parts(first, last, middle)
    return np.asarray((held > _BETWEEN[0]) & (held < _BETWEEN[1]) & (neither <= _MAX_NEITHER), np.bool_)


def _parts(first: Planes, last: Planes, pictures: Planes) -> tuple[Numbers, Numbers]:
    """Returns which share of the changing cells shows the last picture, and how far all are from either."""
    axes = (-2, -1)
    whole = over_colors(np.abs(last - first))
    old, new = (over_colors(np.abs(pictures - end)) for end in (first, last))
    changing = whole > CELL_CHANGE
    count = np.maximum(changing.sum(axis=axes), 1)
    held = ((new < old) & changing).sum(axis=axes) / count
    neither = np.where(changing, np.minimum(old, new), 0).sum(axis=axes)
    neither = neither / np.maximum(np.where(changing, whole, 0).sum(axis=axes), 1e-3)
    return np.asarray(held, np.float32), np.asarray(neither, np.float32)


def uncovered(window: Planes) -> tuple[Numbers, float] | None:
    """Returns how much of the last picture each frame shows, if as in a wipe, and how purely, 0..1.

    Where both pictures move neither end of the window tells what a cell shows. But a cell changes most when the
    edge goes over it, and its neighbours do so just before and after it.
    """
    first, last = window[0], window[-1]
    lit = np.maximum(first[..., 0], last[..., 0]) > DARK
    changes = over_colors(np.abs(np.diff(window, axis=0)))
    changes = np.maximum(changes - 2 * changes.mean(axis=0) - _CELL_NOISE, 0)
    total = changes.sum(axis=0)
    changing = (total > CELL_CHANGE) & lit
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
    strange = float(neither[mixed].mean())
    if np.diff(held).max() > _MAX_LEAP or strange > _MAX_NEITHER or not goes_evenly(window):
        return None
    return np.asarray(held, np.float32), 1 - strange


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
