from __future__ import annotations

import cv2
import numpy as np
import pytest

from functions.analyze.picture_measures import Picture, noise
from functions.analyze.stretches.detail import Detail
from functions.analyze.stretches.stretch import Stretch


def scene(*, blur: float = 0.0, deviation: float = 0.0) -> Picture:
    """Returns shapes with sharp edges, out of focus or noisy by so many pixels or levels."""
    rng = np.random.default_rng(1)
    picture = np.full((360, 640, 3), 90, np.uint8)
    for _ in range(120):
        x, y, size, level = rng.integers((0, 0, 8, 30), (640, 360, 60, 220))
        color = (int(level), int(level), int(level))
        cv2.rectangle(picture, (int(x), int(y)), (int(x + size), int(y + size // 2)), color, -1)
    if blur:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
    noisy = picture + rng.normal(0, deviation, (360, 640, 1))
    return np.asarray(np.clip(noisy.round(), 0, 255), np.uint8)


def watched(*pictures: Picture) -> list[Stretch]:
    """Returns what is found in pictures that are shown for two seconds each."""
    detail = Detail()
    for number, picture in enumerate(pictures):
        detail.observe(2.0 * number, picture)
    detail.close(2.0 * len(pictures))
    return detail.found


def test_what_is_out_of_focus_is_found_where_it_is() -> None:
    found = watched(scene(), scene(), scene(blur=5), scene(blur=5), scene())
    assert [(one.name, one.start_s, one.end_s) for one in found] == [("blurred", 4.0, 8.0)]
    assert found[0].value < 0.25
    assert found[0].confidence > 0.5


def test_noise_is_found_where_it_is() -> None:
    found = watched(scene(), scene(deviation=10), scene(deviation=10), scene())
    assert [(one.name, one.start_s, one.end_s) for one in found] == [("noisy", 2.0, 6.0)]
    assert found[0].value == pytest.approx(10 / 255, rel=0.25)


def test_one_blurred_picture_alone_may_be_motion() -> None:
    assert not watched(scene(), scene(blur=5), scene())


@pytest.mark.parametrize("deviation", [4, 8, 16])
def test_noise_is_measured_whatever_the_picture_shows(deviation: int) -> None:
    assert noise(scene(deviation=deviation)) == pytest.approx(deviation / 255, rel=0.25)


def test_a_clean_or_an_empty_picture_has_no_noise() -> None:
    assert noise(scene()) < 0.005
    assert noise(np.zeros((360, 640, 3), np.uint8)) == 0
    assert noise(np.zeros((8, 8, 3), np.uint8)) == 0
