"""How a picture is seen, which is not how it is coded."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shared.testing.videos import video_stream


@pytest.mark.parametrize(
    ("aspect", "rotation", "size"),
    [
        (Fraction(1), 0, (720, 576)),
        (Fraction(16, 15), 0, (768, 576)),
        (Fraction(1), 90, (576, 720)),
        (Fraction(16, 15), 270, (576, 768)),
        (Fraction(1), 180, (720, 576)),
    ],
)
def test_pixel_shape_and_rotation_are_applied(aspect: Fraction, rotation: int, size: tuple[int, int]) -> None:
    assert video_stream(width=720, height=576, sample_aspect=aspect, rotation=rotation).display_size == size


@pytest.mark.parametrize(
    ("width", "height", "size"), [(1280, 720, (160, 90)), (1080, 1920, (90, 160)), (4000, 40, (160, 16))]
)
def test_pictures_for_detectors_are_small_even_and_never_a_thread(
    width: int, height: int, size: tuple[int, int]
) -> None:
    assert video_stream(width=width, height=height).thumbnail_size(160) == size
