"""What a source's colours are taken for."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.ffmpeg.colors import Colors, meant
from shared.testing.videos import video_stream

_HD = {"width": 1280, "height": 720}
_SD = {"width": 640, "height": 480}
_PAL = {"width": 720, "height": 576}


def _written(matrix: str, primaries: str, transfer: str) -> dict[str, str]:
    return {"color_space": matrix, "color_primaries": primaries, "color_transfer": transfer}


@pytest.mark.parametrize(
    ("source", "matrix", "primaries", "transfer", "reach"),
    [
        pytest.param({**_HD}, "bt709", "bt709", "bt709", "tv", id="HD that says nothing"),
        pytest.param({**_SD}, "smpte170m", "smpte170m", "smpte170m", "tv", id="SD that says nothing"),
        pytest.param({**_PAL}, "bt470bg", "bt470bg", "smpte170m", "tv", id="PAL that says nothing"),
        pytest.param({"width": 720, "height": 1280}, "bt709", "bt709", "bt709", "tv", id="upright HD"),
        pytest.param(
            {**_HD, **_written("bt470bg", "bt470bg", "bt470bg")},
            "bt470bg",
            "bt470bg",
            "bt470bg",
            "tv",
            id="written",
        ),
        pytest.param(
            {**_SD, "color_transfer": "smpte2084"}, "bt2020nc", "bt2020", "smpte2084", "tv", id="half HDR"
        ),
        pytest.param({**_SD, "color_primaries": "bt2020"}, "bt2020nc", "bt2020", "bt709", "tv", id="wide gamut"),
        pytest.param(
            {**_HD, **_written("bt2020nc", "bt2020", "bt2020-10")},
            "bt2020nc",
            "bt2020",
            "bt709",
            "tv",
            id="one curve",
        ),
        pytest.param(
            {**_HD, **_written("ictcp", "smpte428", "smpte428")}, "bt709", "bt709", "bt709", "tv", id="unknown"
        ),
        pytest.param({**_HD, "color_space": "gbr"}, "bt709", "bt709", "bt709", "tv", id="YUV can't be RGB"),
        pytest.param({**_SD, "pixel_format": "gbrp"}, "gbr", "bt709", "bt709", "pc", id="RGB"),
        pytest.param({**_HD, "color_range": "pc"}, "bt709", "bt709", "bt709", "pc", id="full range"),
        pytest.param(
            {**_SD, "pixel_format": "yuvj420p", "codec": "mjpeg", "color_space": "bt470bg"},
            *("bt470bg", "bt709", "bt709", "pc"),
            id="JPEG",
        ),
    ],
)
def test_meant(source: dict[str, Any], matrix: str, primaries: str, transfer: str, reach: str) -> None:
    expected = Colors(matrix=matrix, primaries=primaries, transfer=transfer, range=reach)
    assert meant(video_stream(**{"pixel_format": "yuv420p", **source})) == expected


@pytest.mark.parametrize(
    ("colors", "kept"),
    [
        (("bt709", "bt709", "bt709", "pc"), "bt709"),
        (("gbr", "bt709", "bt709", "pc"), "bt709"),
        (("bt470bg", "bt709", "smpte170m", "tv"), "bt470bg"),
        (("bt2020nc", "bt2020", "bt709", "tv"), None),
        (("bt709", "smpte432", "bt709", "tv"), None),
        (("bt709", "bt709", "arib-std-b67", "tv"), None),
        (("smpte240m", "bt709", "bt709", "tv"), None),
    ],
)
def test_what_players_know_is_kept_in_the_narrow_range(
    colors: tuple[str, str, str, str], kept: str | None
) -> None:
    matrix, primaries, transfer, reach = colors
    found = Colors(matrix=matrix, primaries=primaries, transfer=transfer, range=reach).kept
    assert (found and (found.matrix, found.range)) == (kept and (kept, "tv"))
