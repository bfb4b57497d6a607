from __future__ import annotations

import pytest

from shared.domain.errors import PermanentError
from shared.domain.records import Rendition
from shared.domain.renditions import smallest_rendition
from shared.testing.videos import rendition


def sized(width: int, height: int) -> Rendition:
    return rendition(f"{width}x{height}", width=width, height=height)


SOUND = rendition("audio", kind="audio", codec="aac", width=None, height=None)


@pytest.mark.parametrize(
    ("short_side", "chosen"), [(1, "240x426"), (240, "240x426"), (241, "480x854"), (9999, "720x1280")]
)
def test_the_smallest_that_is_large_enough_else_the_largest(short_side: int, chosen: str) -> None:
    renditions = [sized(720, 1280), SOUND, sized(240, 426), sized(480, 854)]
    assert smallest_rendition(renditions, short_side).name == chosen


def test_a_video_without_pictures_was_not_transcoded() -> None:
    with pytest.raises(PermanentError, match="not_transcoded"):
        smallest_rendition([SOUND], 480)
