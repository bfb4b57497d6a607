from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.picture_measures import Luma
from functions.analyze.stretches.bars import Bars
from functions.analyze.stretches.stretch import Stretch


def picture(
    seed: int = 1, *, above: int = 0, below: int | None = None, left: int = 0, bright: float = 1.0
) -> Luma:
    """Returns a texture with black bars of some of its 90 rows and 160 columns."""
    rng = np.random.default_rng(seed)
    shown = (rng.uniform(0.2, 1.0, (90, 160)) * bright).astype(np.float32)
    below = above if below is None else below
    shown[:above] = shown[90 - below :] = 0.03
    shown[:, :left] = shown[:, 160 - left :] = 0.03
    return shown


def watched(*shots: list[Luma]) -> list[Stretch]:
    """Returns what is found in shots of one second each."""
    bars = Bars()
    for number, shot in enumerate(shots):
        bars.begin_shot(float(number))
        for one in shot:
            bars.observe(one)
    bars.finish(float(len(shots)))
    return bars.found


def told(found: list[Stretch]) -> list[tuple[str, float, float, float]]:
    return [(one.name, one.start_s, one.end_s, round(one.value, 2)) for one in found]


def test_bars_last_as_long_as_the_shots_that_have_them() -> None:
    found = watched([picture(1)], [picture(2, above=12)], [picture(3, above=12)], [picture(4)])
    assert told(found) == [("letterbox", 1.0, 3.0, 0.27)]


def test_bars_on_both_sides() -> None:
    assert told(watched([picture(1, left=20)])) == [("pillarbox", 0.0, 1.0, 0.25)]


def test_a_dark_shot_does_not_end_them() -> None:
    night = [picture(2, above=12, bright=0.05)]
    found = watched([picture(1, above=12)], night, [picture(3, above=12)])
    assert told(found) == [("letterbox", 0.0, 3.0, 0.27)]


def test_what_a_single_picture_shows_is_no_bar() -> None:
    assert not watched([picture(1, above=12), picture(2), picture(3, above=12)])


@pytest.mark.parametrize("above_below", [(20, 0), (2, 2)], ids=["a night sky", "a rough edge"])
def test_dark_edges_are_no_bars(above_below: tuple[int, int]) -> None:
    above, below = above_below
    assert not watched([picture(1, above=above, below=below)])


@pytest.mark.parametrize("rows", [slice(40, 50), slice(12, 78)], ids=["one line", "many lines"])
def test_a_title_on_black_has_no_bars(rows: slice) -> None:
    title = np.full((90, 160), 0.03, np.float32)
    title[rows, 40:120:2] = 1.0
    assert not watched([title])
