from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from functions.segment.shots.edges import goes_evenly
from functions.segment.shots.thumbnail import Planes

ROWS, COLUMNS, FRAMES = 18, 32, 15
Places = npt.NDArray[np.float64]
When = Callable[[Places, Places], Places]

DRAWN: dict[str, When] = {
    "right": lambda x, _: x,
    "up": lambda _, y: 1 - y,
    "diagonal": lambda x, y: (x + y) / 2,
    "doors": lambda x, _: 2 * abs(x - 0.5),
    "iris": lambda x, y: np.hypot(x - 0.5, (y - 0.5) * ROWS / COLUMNS) / 0.58,
    "clock": lambda x, y: np.arctan2((y - 0.5) * ROWS, (x - 0.5) * COLUMNS) / (2 * np.pi) + 0.5,
    "eased": lambda x, _: np.arccos(1 - 2 * x) / np.pi,
}
HELD: dict[str, When] = {
    "a sheet that is bent": lambda x, y: np.clip(y * 0.6 + 1.6 * (x - 0.5) ** 2, 0, 1),
    "a hand that slows down": lambda x, _: x**3,
    "a head": lambda x, y: np.clip(1 - y + 0.5 * np.sin(2 * np.pi * x), 0, 1),
}


def window(when: When) -> Planes:
    """Returns two pictures of noise, each with movement of its own, of which one gives way to the other."""
    rng = np.random.default_rng(3)
    old, new = rng.uniform(30, 220, (2, ROWS, COLUMNS, 3)).astype(np.float32)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    at = when((x + 0.5) / COLUMNS, (y + 0.5) / ROWS)[..., np.newaxis]
    times = np.linspace(-0.25, 1.25, FRAMES)
    noise = rng.normal(0, 4, (FRAMES, ROWS, COLUMNS, 3))
    return np.asarray([np.where(at < time, new, old) for time in times] + noise, np.float32)


@pytest.mark.parametrize("name", DRAWN)
def test_edges_that_are_drawn(name: str) -> None:
    assert goes_evenly(window(DRAWN[name]))


@pytest.mark.parametrize("name", HELD)
def test_edges_of_things_before_the_camera(name: str) -> None:
    assert not goes_evenly(window(HELD[name]))


def test_a_picture_that_stays_has_no_edge() -> None:
    assert not goes_evenly(np.zeros((9, ROWS, COLUMNS, 3), np.float32))
