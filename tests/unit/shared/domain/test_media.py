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
