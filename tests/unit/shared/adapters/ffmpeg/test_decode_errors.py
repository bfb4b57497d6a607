"""Which lines of FFmpeg's log tell of a damaged source."""

from __future__ import annotations

import pytest

from shared.adapters.ffmpeg.encode import DecodeErrors


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["[mpeg2video @ 0x5] [error] ac-tex damaged at 6 5"] * 3, 1),
        (["[libdav1d @ 0x5] [error] Error parsing OBU data"], 1),
        (["[vist#0:0/h264 @ 0x5] [dec:h264 @ 0x6] [warning] corrupt decoded frame"] * 3, 3),
        (["[in#0/matroska,webm @ 0x5] [error] Read error at pos. 56941"], 1),
        (["[in#0/mpegts @ 0x5] [warning] corrupt input packet in stream 0"] * 2, 2),
        (["[in#0/mpegts @ 0x5] [warning] corrupt input packet in stream 1"] * 2, 0),
        ([f"[in#0/mpegts @ 0x5] [warning] corrupt input packet in stream {index}" for index in (0, 1, 10)], 1),
        (["[null @ 0x5] [error] Application provided invalid, non monotonically increasing dts to muxer"], 0),
        (["[out#2/null @ 0x5] [error] Nothing was written into output file"], 0),
        (["[vost#2:0/libx264 @ 0x5] [error] Task finished with error code: -22 (Invalid argument)"], 0),
        (["[h264 @ 0x5] [warning] co located POCs unavailable"], 0),
    ],
)
def test_what_is_counted(lines: list[str], count: int) -> None:
    errors = DecodeErrors({0})
    for line in lines:
        errors.note(line)
    assert errors.count == count
