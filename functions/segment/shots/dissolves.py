"""Dissolves: every frame is a weighted mean of the frames at both ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from functions.segment.shots.blends import MAX_RESIDUE, are_blends, shares
from functions.segment.shots.thumbnail import Planes

__all__ = ["middles_are_mixed", "mixed"]

_FLAT = 1.5
"""Contrast of luma below which a picture is empty: mixing with it is a fade."""

_BETWEEN = (0.15, 0.85)
"""How much of the new picture there is in the middle of a window."""

Numbers = npt.NDArray[np.float32]


def middles_are_mixed(first: Planes, last: Planes, middle: Planes) -> npt.NDArray[np.bool_]:
    """Tells of each window, by its ends and its middle, whether the middle is a mixture of the ends."""
    whole, part = (last - first).reshape(len(first), -1), (middle - first).reshape(len(first), -1)
    energy = np.maximum(np.einsum("ij,ij->i", whole, whole), 1e-3)
    held = np.einsum("ij,ij->i", part, whole) / energy
    unexplained = np.einsum("ij,ij->i", part, part) - held**2 * energy
    between = (held > _BETWEEN[0]) & (held < _BETWEEN[1])
    return np.asarray(between & (unexplained <= MAX_RESIDUE**2 * energy), np.bool_)


def mixed(window: Planes) -> Numbers | None:
    """Returns how much of the last picture each frame holds, if they are mixed as in a dissolve."""
    first, last = window[0], window[-1]
    if min(first[..., 0].std(), last[..., 0].std()) < _FLAT:
        return None
    held, _ = shares(first, last, window)
    between = (held > 0.2) & (held < 0.8)
    if np.count_nonzero(between) < len(window) / 4 or not are_blends(first, last, window[between]):
        return None
    return held
