"""What a program may take for a video holds while it runs: stand-ins that take more are ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from functions.transcode.plan import plan_pictures
from functions.transcode.sound import plan_sound
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool, Programs, allowance
from shared.domain.encoding import EncodingSettings
from shared.domain.errors import TransientError
from shared.domain.media import MediaInfo
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip, small_plan
from tests.media.whole_run import LADDER

_Work: TypeAlias = Callable[[Programs, Path, MediaInfo, FakeStageContext], object]


def _pictures(programs: Programs, path: Path, media: MediaInfo, session: FakeStageContext) -> object:
    plan = small_plan((160, 120))
    return FfmpegEncoder(programs).encode_pictures(path, media, plan, session.workspace, session)


def _sound(programs: Programs, path: Path, media: MediaInfo, session: FakeStageContext) -> object:
    plan = plan_sound(media, EncodingSettings())
    assert plan is not None
    return FfmpegEncoder(programs).encode_sound(path, media, plan, session.workspace, session)


def _reading(programs: Programs, path: Path, media: MediaInfo, session: FakeStageContext) -> object:
    del media
    return FfmpegMediaTool(programs).inspect(path, session)


@pytest.fixture
def programs(tmp_path: Path) -> Callable[[str], Programs]:
    """Makes stand-ins for both programs of a script, which runs in the folder that outputs are written to."""

    def make(script: str) -> Programs:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return Programs(path, path)

    return make


@pytest.mark.reliability("B16")
@pytest.mark.parametrize("work", [_pictures, _sound, _reading])
def test_no_longer_than_the_video_allows(
    programs: Callable[[str], Programs],
    work: _Work,
    clip: Path,
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    for name in ("_LEAST_S", "_S_A_MEGAPIXEL", "_S_A_SECOND_OF_SOUND"):
        monkeypatch.setattr(allowance, name, 0.1)
    session.deadline_s = 30.0
    with pytest.raises(TransientError, match="tool_timeout"):
        work(programs("exec sleep 20"), clip, media, session)
    assert session.tools[-1].wall_s < 10


def test_a_source_that_takes_more_memory_than_there_is(
    make_clip: MakeClip, tool: FfmpegMediaTool, session: FakeStageContext
) -> None:
    """2160p of HEVC in 10 bit take about 1.5 GiB of addresses; with the least that can be set it ends at once."""
    large = ("-f", "lavfi", "-i", "testsrc2=s=3840x2160:r=25:d=0.4", "-pix_fmt", "yuv420p10le")
    hevc = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
    path = make_clip("large.mp4", *large, *hevc)
    media = tool.probe(path, MediaLimits(), session)
    plan = plan_pictures(LADDER.plan(media, None, EncodingSettings()).rungs)
    encoder = FfmpegEncoder(Programs(memory_bytes=2**30))
    with pytest.raises(TransientError, match="tool_memory_limit") as refused:
        encoder.encode_pictures(path, media, plan, session.workspace, session)
    assert refused.value.log_tail
    assert session.tools[-1].wall_s < 30


@pytest.mark.parametrize("work", [_pictures, _sound, _reading])
def test_no_larger_files_than_the_video_allows(
    programs: Callable[[str], Programs],
    work: _Work,
    clip: Path,
    tool: FfmpegMediaTool,
    session: FakeStageContext,
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    with pytest.raises(TransientError, match="tool_file_limit"):
        work(programs("exec head -c 100000000 /dev/zero > out"), clip, media, session)
