"""From windows in which something holds to the runs that they make."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["runs"]


def runs(holds: npt.NDArray[np.bool_], *, gap: int, least: int) -> list[tuple[int, int]]:
    """Returns the first window and the end of each run, half-open.

    Args:
        holds: For each window, whether it does.
        gap: Most windows between two in which it does not and that are bridged all the same.
        least: Fewest windows of a run, bridged ones included.
    """
    places = np.flatnonzero(holds)
    if not places.size:
        return []
    breaks = np.flatnonzero(np.diff(places) > gap + 1) + 1
    found = [(int(places[first]), int(places[end - 1]) + 1) for first, end in pairwise([0, *breaks, len(places)])]
    return [(first, end) for first, end in found if end - first >= least]
