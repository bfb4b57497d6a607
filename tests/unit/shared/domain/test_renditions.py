from __future__ import annotations

import pytest

from shared.domain.errors import PermanentError
from shared.domain.records import Rendition
from shared.domain.renditions import smallest_rendition
from shared.testing.videos import object_ref


def rendition(width: int, height: int) -> Rendition:
    name = f"{width}x{height}"
    return Rendition(
        name=name,
        kind="video",
        codec="h264",
        width=width,
        height=height,
        duration_s=1.0,
        bitrate_bps=1,
        object=object_ref(name),
    )


SOUND = Rendition(name="audio", kind="audio", codec="aac", duration_s=1.0, bitrate_bps=1, object=object_ref())


@pytest.mark.parametrize(
    ("short_side", "chosen"), [(1, "240x426"), (240, "240x426"), (241, "480x854"), (9999, "720x1280")]
)
def test_the_smallest_that_is_large_enough_else_the_largest(short_side: int, chosen: str) -> None:
    renditions = [rendition(720, 1280), SOUND, rendition(240, 426), rendition(480, 854)]
    assert smallest_rendition(renditions, short_side).name == chosen


def test_a_video_without_pictures_was_not_transcoded() -> None:
    with pytest.raises(PermanentError, match="not_transcoded"):
        smallest_rendition([SOUND], 480)
