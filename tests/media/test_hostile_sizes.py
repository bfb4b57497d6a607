"""Files that would take all memory, all time or all of a limit, built here, refused by the real tools."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from shared.adapters.ffmpeg import FfmpegMediaTool, Programs
from shared.adapters.sandbox import ToolLimits
from shared.domain.errors import PermanentError, TransientError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.refusals import TWO_FRAMES, Refuse, probed_apart
from tests.media.transcodes import MakeClip


@pytest.mark.reliability("A12")
def test_enormous_frames(make_clip: MakeClip, tmp_path: Path) -> None:
    """Motion JPEG whose container and pictures both say 16,384 x 16,384."""
    small = make_clip("small.avi", "-f", "lavfi", "-i", "color=s=64x48:r=5:d=1", "-c:v", "mjpeg")
    content = small.read_bytes().replace(struct.pack("<II", 64, 48), struct.pack("<II", 16384, 16384))
    path = tmp_path / "large.avi"
    path.write_bytes(content.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 16384, 16384)))
    code, peak_bytes = probed_apart(path, tmp_path / "attempt")
    assert code == "too_many_pixels"
    assert peak_bytes < 1 << 30


@pytest.mark.reliability("A12")
def test_frames_over_the_limit(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_pixels=160 * 120 - 1)) == "too_many_pixels"
    assert refuse.tools_run == 1  # its packets are not even read


@pytest.mark.reliability("A12")
def test_pixels_stretched_over_the_limit(refuse: Refuse, make_clip: MakeClip) -> None:
    stretched = make_clip("stretched.mp4", *TWO_FRAMES, "-vf", "setsar=6")
    assert refuse(stretched, MediaLimits(max_pixels=64 * 48 * 3)) == "too_many_pixels"


@pytest.mark.reliability("A14")
def test_hours_of_gap(refuse: Refuse, make_clip: MakeClip) -> None:
    gap = make_clip("gap.mp4", *TWO_FRAMES, "-vf", "setpts=N*36000/TB", "-fps_mode", "passthrough")
    assert gap.stat().st_size < 10_000
    assert refuse(gap) == "too_long"


@pytest.mark.reliability("A15")
def test_absurd_frame_rate(refuse: Refuse, make_clip: MakeClip) -> None:
    fast = make_clip(
        "fast.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1000:d=0.2", "-c:v", "libx264", "-preset", "ultrafast"),
    )
    assert refuse(fast) == "too_many_frames"


@pytest.mark.reliability("A16")
def test_hundreds_of_streams(refuse: Refuse, make_clip: MakeClip) -> None:
    maps = [part for _ in range(900) for part in ("-map", "0:v")]
    many = make_clip(
        "many.mkv", "-f", "lavfi", "-i", "color=s=16x16:r=1:d=1", *maps, "-c:v", "mpeg4", "-threads", "1"
    )
    assert refuse(many) == "too_many_streams"


@pytest.mark.reliability("A18")
def test_compressed_header_bomb(tmp_path: Path) -> None:
    """A compressed movie header of two megabytes that unpacks to half a gigabyte, under a lower cap."""
    cap_bytes, size_bytes = 384 << 20, 512 << 20
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(size_bytes >> 24)) + packer.flush()
    cmvd = struct.pack(">I4sI", 12 + len(packed), b"cmvd", size_bytes) + packed
    cmov = struct.pack(">I4s", 8 + 12 + len(cmvd), b"cmov") + struct.pack(">I4s4s", 12, b"dcom", b"zlib") + cmvd
    path = tmp_path / "bomb.mov"
    path.write_bytes(struct.pack(">I4s", 8 + len(cmov), b"moov") + cmov)
    code, peak_bytes = probed_apart(path, tmp_path / "attempt", cap_bytes)
    assert code == "corrupt"
    assert peak_bytes < cap_bytes


@pytest.mark.reliability("A18", "B16")
def test_a_header_that_takes_for_ever(
    tmp_path: Path, clip: Path, session: FakeStageContext, mocker: MockerFixture
) -> None:
    """Whatever keeps the tool busy for longer than any header should is the file's fault."""
    stuck = tmp_path / "ffprobe"
    stuck.write_text("#!/bin/sh\ntrap '' TERM\nsleep 60\n")
    stuck.chmod(0o755)
    mocker.patch("shared.adapters.ffmpeg.probe._HEADER_LIMITS", ToolLimits(timeout_s=0.5))
    with pytest.raises(PermanentError, match="corrupt"):
        FfmpegMediaTool(Programs(ffprobe=stuck)).probe(clip, MediaLimits(), session)
    session.deadline_s = 0.0
    with pytest.raises(TransientError, match="tool_timeout"):
        FfmpegMediaTool(Programs(ffprobe=stuck)).probe(clip, MediaLimits(), session)


def test_more_frames_than_can_be(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_duration_s=2.5, max_fps=10)) == "too_many_frames"


def test_larger_than_accepted(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_size_bytes=1000)) == "too_large"
    assert refuse.tools_run == 0
