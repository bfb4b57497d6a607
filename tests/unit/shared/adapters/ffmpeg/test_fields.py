"""When frames are taken for two moments each, by what FFmpeg finds in some of them."""

from __future__ import annotations

import pytest

from shared.adapters.ffmpeg.fields import is_interlaced, told_order
from shared.testing.videos import video_stream


@pytest.mark.parametrize(
    ("said", "found", "expected"),
    [
        pytest.param(False, {"progressive": 60}, False, id="whole"),
        pytest.param(False, {"tff": 40, "progressive": 20}, True, id="woven though nothing says so"),
        pytest.param(False, {"bff": 40, "progressive": 20}, True, id="the other field first"),
        pytest.param(False, {"tff": 30, "progressive": 30}, False, id="no more than half"),
        pytest.param(False, {"tff": 20, "undetermined": 40}, False, id="too few that tell"),
        pytest.param(True, {"progressive": 60}, False, id="whole though it says otherwise"),
        pytest.param(True, {"undetermined": 60}, True, id="nothing moves: as it says"),
        pytest.param(True, {"tff": 30, "progressive": 30}, True, id="as many: as it says"),
        pytest.param(True, {"tff": 10, "bff": 15, "progressive": 30}, False, id="mostly whole"),
        pytest.param(False, {}, False, id="nothing decoded"),
        pytest.param(True, {}, True, id="nothing decoded: as it says"),
    ],
)
def test_most_frames_decide(said: bool, found: dict[str, int], expected: bool) -> None:
    assert is_interlaced(video_stream(interlaced=said), found) is expected


def test_only_what_is_said_of_fields_counts() -> None:
    assert told_order(b"lavfi.idet.multiple.current_frame=tff\n") == "tff"
    assert told_order(b"frame:0    pts:0       pts_time:0\n") == ""
