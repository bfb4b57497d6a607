"""Edges that a program draws across the picture, evenly; what is moved before a camera has none like them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from functions.segment.shots.thumbnail import CELL_CHANGE, Planes, over_colors

__all__ = ["goes_evenly"]

_LEAST_EXPLAINED = 0.975
"""Part of the variance of when the cells go over that their places explain."""

_STRAY = 0.2
"""Part of the cells that may go over at any time: something moves there in either picture."""

_ROUNDS = 3

_QUARTERS = (0.0, 0.25, 0.5, 0.75)
"""Turns at which the hand of a clock may start."""

Numbers = npt.NDArray[np.float64]


def goes_evenly(window: Planes) -> bool:
    """Tells whether the picture at one end of a window gives way to the other as if a program had drawn the edge.

    Such an edge goes at one pace: straight in any direction, from or to a line or point in the middle, or round.
    Hands and sheets of paper before the camera, and what comes into the picture when it turns, do not.
    """
    first, last = window[0], window[-1]
    there = over_colors(np.abs(last - first)) > CELL_CHANGE
    when = _gone_over(window)[there]
    if when.size == 0 or when.var() == 0:
        return False
    return any(_explained(places[there], when) >= _LEAST_EXPLAINED for places in _ways(there.shape))


def _gone_over(window: Planes) -> Numbers:
    """Returns in which frame each cell goes over, such that it is nearest to the right end before and after."""
    old, new = (over_colors(np.abs(window - end)) for end in (window[0], window[-1]))
    nearer = np.cumsum(old - new, axis=0, dtype=np.float64)
    return np.asarray(np.argmin(nearer, axis=0), np.float64)


def _explained(places: Numbers, when: Numbers) -> float:
    """Returns which part of the variance a plane over the places explains, without the cells that stray most."""
    known = np.column_stack([places, np.ones(len(places))])
    kept = np.ones(len(places), np.bool_)
    off = np.zeros(len(places))
    for _ in range(_ROUNDS):
        plane = np.linalg.lstsq(known[kept], when[kept], rcond=None)[0]
        off = np.abs(when - known @ plane)
        kept = off <= np.quantile(off, 1 - _STRAY)
    return 1 - float((off[kept] ** 2).mean()) / max(float(when[kept].var()), 1e-6)


def _ways(shape: tuple[int, ...]) -> Iterator[Numbers]:
    """Yields the places of the cells, (rows, columns, 1 or 2), as the kinds of edges pass them in turn."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    right, down = x - columns / 2, y - rows / 2
    yield np.stack([right, down], axis=-1)
    turned = np.arctan2(down, right) / (2 * np.pi)
    middles = (np.abs(right), np.abs(down), np.hypot(right, down))
    for way in (*middles, *((turned + start) % 1 for start in _QUARTERS)):
        yield way[..., np.newaxis]
