"""Whether pictures are weighted means of two others, as in a dissolve or a frame blended across a cut."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from functions.segment.shots.thumbnail import Planes, median

__all__ = ["MAX_RESIDUE", "are_blends", "shares"]

MAX_RESIDUE = 0.36
"""Part of a picture that no mixture explains, relative to the difference between the two."""

_CONTRAST_LOSS = (0.6, 1.5)
"""Loss of contrast relative to what mixing makes; 1 in theory, 0 for movement."""

_MAX_SPREAD = 0.25
"""How much that may differ between frames, as standard deviation: what comes and goes loses it now and then."""

Numbers = npt.NDArray[np.float32]


def shares(first: Planes, last: Planes, pictures: Planes) -> tuple[Numbers, Numbers]:
    """Returns how much of the last picture each of some pictures holds, and how much of it nothing explains."""
    whole = (last - first).ravel()
    parts = (pictures - first).reshape(len(pictures), -1)
    energy = max(whole @ whole, np.float32(1e-3))  # two equal pictures differ by nothing
    # Not a matrix product, which would be spread over threads, and take more CPU in all.
    held = np.einsum("ij,j->i", parts, whole) / energy
    unexplained = np.einsum("ij,ij->i", parts, parts) - held**2 * energy
    return held, np.sqrt(np.maximum(unexplained, 0) / energy)


def are_blends(first: Planes, last: Planes, pictures: Planes) -> bool:
    """Tells whether all of some pictures are true mixtures of two unlike ones.

    Each must be near the weighted mean, with at least 15 % of either; and all must have lost as much contrast as
    mixing costs, which no movement of camera or objects imitates.
    """
    held, residues = shares(first, last, pictures)
    if residues.max() > MAX_RESIDUE or held.min() < 0.15 or held.max() > 0.85:
        return False
    # A mixture's variance is the mean of both variances less s(1 - s) times the variance of the difference.
    lost = (1 - held) * _variance(first) + held * _variance(last) - _variance(pictures)
    expected = held * (1 - held) * _variance(last - first)
    ratios = lost / np.maximum(expected, 1e-3)
    return bool(_CONTRAST_LOSS[0] < median(ratios) < _CONTRAST_LOSS[1] and ratios.std() <= _MAX_SPREAD)


def _variance(planes: Planes) -> Numbers:
    """Returns the variance over the picture, summed over luma and both colour differences."""
    # Mean of the squares less square of the mean: a fifth of the time of numpy's var on arrays this small.
    cells = planes.reshape(-1, planes.shape[-3] * planes.shape[-2], 3)
    squares = np.einsum("ncp,ncp->n", cells, cells) / cells.shape[1]
    means = np.einsum("ncp->np", cells) / cells.shape[1]
    return np.asarray(squares - (means * means).sum(axis=1), np.float32)
