from __future__ import annotations

import cv2
import numpy as np
import pytest

from functions.analyze.picture_measures import color_shares, luma, sharpness
from tests.unit.functions.analyze.studio import flat

BLOCKS = np.random.default_rng(1).integers(0, 256, (9, 16, 3)).astype(np.uint8).repeat(20, 0).repeat(20, 1)


@pytest.mark.parametrize(("rgb", "expected"), [((0, 0, 0), 0), ((255, 255, 255), 1), ((0, 255, 0), 0.7152)])
def test_luma(rgb: tuple[int, int, int], expected: float) -> None:
    assert luma(flat(rgb)).mean() == pytest.approx(expected, abs=1e-5)


def test_blur_lowers_sharpness_in_one_direction_too() -> None:
    clear = sharpness(BLOCKS)
    soft = sharpness(np.asarray(cv2.GaussianBlur(BLOCKS, (0, 0), 4), np.uint8))
    smeared = sharpness(np.asarray(cv2.blur(BLOCKS, (15, 1)), np.uint8))
    assert clear is not None
    assert soft is not None
    assert smeared is not None
    assert clear > 0.7
    assert soft < 0.3
    assert smeared < 0.5


def test_what_coding_adds_to_a_blurred_picture_makes_it_not_sharp() -> None:
    """Blurred widely, its slopes are so gentle that steps of whole levels make up much of what is left."""
    picture = np.asarray(cv2.resize(BLOCKS, (640, 360), interpolation=cv2.INTER_NEAREST), np.uint8)
    widely = cv2.GaussianBlur(picture, (0, 0), 12)
    coded = cv2.imdecode(cv2.imencode(".jpg", widely, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    soft = sharpness(np.asarray(coded, np.uint8))
    assert soft is not None
    assert soft < 0.25


def test_a_flat_picture_has_no_sharpness() -> None:
    assert sharpness(flat((90, 90, 90))) is None


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((10, 10, 12), "black"),
        ((250, 250, 250), "white"),
        ((128, 128, 130), "gray"),
        ((220, 20, 20), "red"),
        ((230, 140, 30), "orange"),
        ((110, 65, 20), "brown"),
        ((240, 230, 40), "yellow"),
        ((30, 160, 40), "green"),
        ((40, 210, 220), "cyan"),
        ((30, 60, 200), "blue"),
        ((120, 40, 200), "purple"),
        ((240, 60, 180), "pink"),
        ((240, 160, 165), "pink"),
    ],
)
def test_colors_have_the_names_people_give_them(rgb: tuple[int, int, int], name: str) -> None:
    bgr = flat((rgb[2], rgb[1], rgb[0]))
    assert color_shares(bgr) == [(name, 1.0)]


def test_shares_are_shares_of_the_area() -> None:
    picture = np.concatenate([flat((0, 0, 200), (24, 18)), flat((255, 255, 255), (8, 18))], axis=1)
    assert color_shares(picture) == [("red", 0.75), ("white", 0.25)]
