"""A quick look costs no more for a longer video, whatever the file, and tells easy from hard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import Look
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip

_H264 = ("-c:v", "libx264", "-preset", "ultrafast")


@pytest.fixture
def look(tool: FfmpegMediaTool, session: FakeStageContext) -> Callable[[Path], Look]:
    def run(path: Path) -> Look:
        media = tool.probe(path, MediaLimits(), session)
        session.tools.clear()
        return FfmpegEncoder().look(path, media, session.workspace, session)

    return run


def _test_pattern(seconds: float, *, fps: str = "25", size: str = "320x240") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d={seconds}")


@pytest.mark.parametrize(
    ("name", "source", "seconds"),
    [
        ("one_frame.mp4", (*_test_pattern(1), "-frames:v", "1", *_H264), 0.04),
        ("tenth.mp4", (*_test_pattern(0.12), *_H264), 0.12),
        ("short.mp4", (*_test_pattern(1), *_H264), 0.4),
        ("slow.mp4", (*_test_pattern(6, fps="1"), *_H264), 4.0),
        ("fast.mp4", (*_test_pattern(3, fps="120"), *_H264), 0.8),
        ("tiny.mp4", (*_test_pattern(1, size="16x16"), *_H264), 0.4),
        ("long.mp4", (*_test_pattern(70, size="64x48"), *_H264), 1.6),
        ("uneven.mkv", (*_test_pattern(8), "-vf", "select='mod(n,3)'", "-fps_mode", "vfr", *_H264), 0.8),
        ("late.ts", (*_test_pattern(8), *_H264, "-output_ts_offset", "100"), 0.8),
        ("stream.flv", (*_test_pattern(8), "-c:v", "flv"), 0.8),
        ("stream.mpg", (*_test_pattern(8), "-c:v", "mpeg2video"), 0.8),
        ("stream.ogv", (*_test_pattern(8), "-c:v", "libtheora"), 0.8),
        ("stream.avi", (*_test_pattern(8), "-c:v", "mpeg4"), 0.8),
        ("no_index.mkv", (*_test_pattern(8), *_H264, "-f", "matroska", "-live", "1"), 0.8),
    ],
)
def test_every_kind_of_file(
    look: Callable[[Path], Look], make_clip: MakeClip, name: str, source: tuple[str, ...], seconds: float
) -> None:
    seen = look(make_clip(name, *source))
    assert seen.seconds == pytest.approx(seconds, rel=0.3, abs=0.05)
    assert seen.bits_per_pixel is not None
    assert seen.peak_bits_per_pixel is not None
    assert 0 < seen.bits_per_pixel <= seen.peak_bits_per_pixel


def test_easy_and_hard(look: Callable[[Path], Look], make_clip: MakeClip) -> None:
    still = look(make_clip("still.mp4", "-f", "lavfi", "-i", "smptebars=s=320x240:r=25:d=5", *_H264))
    noise = ("-f", "lavfi", "-i", "nullsrc=s=320x240:r=25:d=5,geq=random(1)*255:128:128", *_H264)
    hard = look(make_clip("noise.mp4", *noise))
    assert still.bits_per_pixel is not None
    assert hard.bits_per_pixel is not None
    assert still.bits_per_pixel < 0.01
    assert hard.bits_per_pixel > 1


def test_the_hardest_moment_is_seen(look: Callable[[Path], Look], make_clip: MakeClip) -> None:
    noise = "testsrc2=s=160x120:r=25:d=40,noise=alls=100:allf=t:enable='between(t,20,30)'"
    seen = look(make_clip("mixed.mp4", "-f", "lavfi", "-i", noise, *_H264))
    assert seen.bits_per_pixel is not None
    assert seen.peak_bits_per_pixel is not None
    assert seen.peak_bits_per_pixel > 1.5 * seen.bits_per_pixel


def test_nothing_that_can_be_decoded(look: Callable[[Path], Look], make_clip: MakeClip, tmp_path: Path) -> None:
    good = make_clip("good.mp4", *_test_pattern(2), *_H264, "-movflags", "+faststart")
    bad = bytearray(good.read_bytes())
    begin = bad.index(b"mdat") + 4
    bad[begin:] = bytes(len(bad) - begin)
    path = tmp_path / "bad.mp4"
    path.write_bytes(bad)
    seen = look(path)
    assert (seen.seconds, seen.bits_per_pixel, seen.peak_bits_per_pixel) == (0.0, None, None)


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_only_excerpts_are_decoded(
    look: Callable[[Path], Look],
    session: FakeStageContext,
    make_clip: MakeClip,
    suffix: str,
) -> None:
    """The length of the video costs nothing but reading, where that is done at all."""
    clips = [make_clip(f"{s}.{suffix}", *_test_pattern(s, size="160x120"), *_H264, "-g", "25") for s in (70, 280)]
    costs = []
    for clip in clips:
        look(clip)
        costs.append([run.command.count("libx264") for run in session.tools])
    assert costs == [[4], [4]], "one process, four excerpts"
