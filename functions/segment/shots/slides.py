"""Slides: pictures of mostly one colour, of which one takes the other's place though they may look much alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from functions.segment.shots.thumbnail import DARK, Planes, distance, likeness, median, over_colors

__all__ = ["is_another_slide"]

_CELL_CHANGE = 6.0
"""Difference of a cell, summed over luma and both colour differences, that is one."""

_EVEN_SHARE = 0.5
"""Share of the cells that must have the ground's colour if that changes: a camera sees less that is even."""

_GROUND_SHARE = 0.63
"""The same where the ground stays: a screen full of lines is scrolled rather than changed for another."""

_LEAST_CHANGE = 4.2
"""Distance from which a slide is another one if the ground stays: to move a few small words makes less."""

_LEAST_CHANGED = 0.05
"""Share of the cells in which something must go or come: a line of words, not a page number or a clock."""

_LEAST_REPLACED = 0.45
"""Share of what both slides have on their ground that must go or come: less does when another line is selected."""

_LEAST_GONE = 0.25
"""Share of what either slide has on its ground that must go, or come: words that are added take none away."""

_ALIKE = 0.9
"""Likeness from which a slide that gets brighter or darker is still the same."""

_MOST_GAIN = 2.0
"""Ratio of brightness from which another ground is no matter of exposure."""

_BAR = 0.8
"""Share of a row from which what stays in it is a bar, as above and below the words of all slides of a deck."""

_DIMMEST = 16.0
"""Luma added to both grounds of a ratio: black is not infinitely darker than nearly black."""

Cells = npt.NDArray[np.bool_]


def is_another_slide(before: Planes, after: Planes) -> bool:
    """Tells whether two pictures are slides that have too little in common to be one.

    Their ground may stay, and words that are only added take nothing away. But if the ground gets another colour,
    nothing stays as it was; getting only brighter or darker is a matter of exposure.
    """
    change = distance(before, after)
    if median(np.maximum(before, after)[..., 0].ravel()) > DARK:
        before, after = _without_bars(before, after)
    grounds = median(before.reshape(-1, 3)), median(after.reshape(-1, 3))
    filled = [_differs(slide - ground) for slide, ground in zip((before, after), grounds, strict=True)]
    ground_share = 1 - max(float(cells.mean()) for cells in filled)
    if ground_share >= _EVEN_SHARE and _is_other_color(*grounds):
        return True
    if ground_share < _GROUND_SHARE:
        return False
    if abs(grounds[1][0] - grounds[0][0]) > _CELL_CHANGE and likeness(before, after) > _ALIKE:
        return False
    changed = _differs(after - before - (grounds[1] - grounds[0]))
    bars = (filled[0] & filled[1] & ~changed).mean(axis=1, keepdims=True) >= _BAR
    filled = [cells & ~bars for cells in filled]
    went, came = (np.count_nonzero(changed & cells) for cells in filled)
    had, has = (np.count_nonzero(cells) for cells in filled)
    much = float(changed.mean()) >= _LEAST_CHANGED and change >= _LEAST_CHANGE
    if min(had, has) == 0 or not much:
        return False
    both_change = went >= _LEAST_GONE * had and came >= _LEAST_GONE * has
    return bool(both_change and went + came >= _LEAST_REPLACED * (had + has))


def _differs(differences: Planes) -> Cells:
    return np.asarray(over_colors(np.abs(differences)) > _CELL_CHANGE, np.bool_)


def _is_other_color(one: Planes, other: Planes) -> bool:
    """Tells whether a ground has another hue, or a brightness that no exposure makes of the other."""
    dark, bright = sorted((one, other), key=lambda ground: float(ground[0]))
    if bright[0] + _DIMMEST > _MOST_GAIN * (dark[0] + _DIMMEST):
        return True
    dimmed = bright * (dark[0] / max(bright[0], 1.0))
    return float(np.abs(dimmed - dark)[1:].sum()) > _CELL_CHANGE


def _without_bars(before: Planes, after: Planes) -> tuple[Planes, Planes]:
    """Returns two pictures without the bars that both have, which are none of what a slide shows."""
    lit = np.maximum(before, after)[..., 0] > DARK
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    inner = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return before[inner], after[inner]
