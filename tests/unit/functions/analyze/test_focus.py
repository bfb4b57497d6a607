from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.focus import Focus, FocusWindow
from functions.analyze.picture_measures import Luma

HEIGHT, WIDTH = 90, 160


def window_of(pictures: list[Luma]) -> FocusWindow | None:
    focus = Focus()
    for number, picture in enumerate(pictures):
        focus.observe(picture, pictures[number - 1] if number else None)
    return focus.window()


def moving_at(column: int, *, noise: float = 0.0) -> list[Luma]:
    """A square that moves up and down in one column."""
    rng, pictures = np.random.default_rng(3), []
    for number in range(20):
        picture = np.full((HEIGHT, WIDTH), 0.4, np.float32) + rng.normal(0, noise, (HEIGHT, WIDTH)).astype(
            np.float32
        )
        picture[10 + 3 * number % 60 :, :][:12, column : column + 12] = 1.0
        pictures.append(picture)
    return pictures


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("column", [4, 74, 140])
def test_the_window_is_where_it_moves(column: int, noise: float) -> None:
    window = window_of(moving_at(column, noise=noise))
    assert window is not None
    assert window.moves
    left, _, wide, tall = window.box
    assert wide * WIDTH / (tall * HEIGHT) == pytest.approx(9 / 16, abs=0.02)
    assert left * WIDTH <= column
    assert (left + wide) * WIDTH >= column + 12
    assert window.share >= 0.5 if noise else 0.99


def test_what_moves_everywhere_is_looked_at_in_the_middle_and_is_not_all_there() -> None:
    rng = np.random.default_rng(1)
    window = window_of([rng.random((HEIGHT, WIDTH), np.float32) for _ in range(20)])
    assert window is not None
    assert window.box[0] + window.box[2] / 2 == pytest.approx(0.5, abs=0.03)
    assert window.share == pytest.approx(window.box[2], abs=0.05)


def test_where_nothing_moves_it_is_what_stands_out() -> None:
    picture = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    picture[30:60:2, 120:140] = 0.9
    window = window_of([picture] * 5)
    assert window is not None
    assert not window.moves
    assert window.box[0] * WIDTH <= 120
    assert (window.box[0] + window.box[2]) * WIDTH >= 140


def test_a_flash_is_no_motion_and_a_plain_picture_has_no_focus() -> None:
    dark, bright = np.full((HEIGHT, WIDTH), 0.2, np.float32), np.full((HEIGHT, WIDTH), 0.9, np.float32)
    assert window_of([dark, bright, dark]) is None


def test_a_narrow_picture_is_its_own_window() -> None:
    narrow = [np.random.default_rng(n).random((160, 60)).astype(np.float32) for n in range(3)]
    window = window_of(narrow)
    assert window is not None
    assert window.box == (0.0, 0.0, 1.0, 1.0)
    assert window.share == pytest.approx(1.0)
