"""Dissolves: every frame is a weighted mean of the frames at both ends."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from functions.segment.shots.blends import MAX_RESIDUE, are_blends, shares
from functions.segment.shots.thumbnail import Planes, median

__all__ = ["middles_are_mixed", "mixed"]

_FLAT = 1.5
"""Contrast of luma below which a picture is empty: mixing with it is a fade."""

_BETWEEN = (0.15, 0.85)
"""How much of the new picture there is in the middle of a window."""

_UNEVEN = 0.05
"""How far the mixture may be from going at one pace, root mean square; movement comes and goes as it likes."""

Numbers = npt.NDArray[np.float32]


def middles_are_mixed(first: Planes, last: Planes, middle: Planes) -> npt.NDArray[np.bool_]:
    """Tells of each window, by its ends and its middle, whether the middle is a mixture of the ends."""
    whole, part = (last - first).reshape(len(first), -1), (middle - first).reshape(len(first), -1)
    energy = np.maximum(np.einsum("ij,ij->i", whole, whole), 1e-3)
    held = np.einsum("ij,ij->i", part, whole) / energy
    unexplained = np.einsum("ij,ij->i", part, part) - held**2 * energy
    between = (held > _BETWEEN[0]) & (held < _BETWEEN[1])
    return np.asarray(between & (unexplained <= MAX_RESIDUE**2 * energy), np.bool_)


def mixed(window: Planes) -> tuple[Numbers, float] | None:
    """Returns how much of the last picture each frame holds, if mixed as in a dissolve, and how purely, 0..1.

    A dissolve goes at one pace, and both brightness and shapes go over in it; an exposure that adapts while
    something leaves the picture changes the one without the other.
    """
    first, last = window[0], window[-1]
    if min(first[..., 0].std(), last[..., 0].std()) < _FLAT:
        return None
    held, residues = shares(first, last, window)
    between = np.flatnonzero((held > 0.2) & (held < 0.8))
    if len(between) < len(window) / 4 or _unevenness(between, held[between]) > _UNEVEN:
        return None
    if not are_blends(first, last, window[between]):
        return None
    apart = float(np.abs(_of_shapes(first, last, window[between], held[between]) - held[between]).mean())
    return held, (1 - float(median(residues[between]))) * math.sqrt(max(1 - apart, 0))


def _of_shapes(first: Planes, last: Planes, pictures: Planes, held: Numbers) -> Numbers:
    """Returns how much of the last picture's shapes some pictures hold, which hold so much of it in all."""
    whole, cells = last - first, first.size // 3
    brighter, parts = np.einsum("rcp->p", whole) / cells, np.einsum("nrcp->np", pictures - first) / cells
    energy, even = float(np.einsum("rcp,rcp->", whole, whole)), cells * float(brighter @ brighter)
    return np.asarray((held * energy - cells * parts @ brighter) / max(energy - even, 1e-3), np.float32)


def _unevenness(steps: npt.NDArray[np.intp], held: Numbers) -> float:
    """Returns how far a mixture is from the straight line that comes nearest to it."""
    since, more = steps - steps.mean(), held - held.mean()
    pace = since @ more / max(since @ since, 0.5)
    return float(np.sqrt(np.mean((more - pace * since) ** 2)))
