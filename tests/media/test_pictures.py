"""Pictures out of a video: the right ones, in order, one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.encoding import StoryboardPlan
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import H264, MakeClip, Transcode


def test_storyboard(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Half a second each of black, red, green and blue: the tiles are in order."""
    colors = ["black", "red", "lime", "blue"]
    inputs = [part for color in colors for part in ("-f", "lavfi", "-i", f"color={color}:s=160x120:r=25:d=0.5")]
    path = make_clip("colors.mp4", *inputs, "-filter_complex", "concat=4", *H264)
    storyboard = session.workspace / "storyboard.jpg"
    plan = StoryboardPlan(tile_size=(32, 24), interval_s=0.5, grid=(2, 2))
    tool.storyboard(transcode(path).pictures.rungs[-1].path, plan, storyboard, session)
    sprite = next(tool.frames(storyboard, (64, 48), session)).rgb.astype(int)
    tiles = [sprite[12, 16], sprite[12, 48], sprite[36, 16], sprite[36, 48]]
    assert max(tiles[0]) < 40
    assert [int(np.argmax(tile)) for tile in tiles[1:]] == [0, 1, 2]


@pytest.mark.parametrize(("color", "brightest"), [("white", 200), ("black", 0)])
def test_a_poster_is_black_only_if_everything_is(
    transcode: Transcode,
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    make_clip: MakeClip,
    color: str,
    brightest: int,
) -> None:
    source = f"color=black:s=160x120:r=25:d=2,drawbox=c={color}:t=fill:enable='gt(t,1.5)'"
    encoded = transcode(make_clip(f"ends_{color}.mp4", "-f", "lavfi", "-i", source, *H264))
    poster = session.workspace / "poster.jpg"
    tool.poster(encoded.pictures.rungs[0].path, poster, session)
    assert next(tool.frames(poster, (32, 24), session)).rgb.max() >= brightest


def test_stills_show_the_picture_of_the_time(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Each frame is brighter than the one before; 22 stills take more than one process."""
    ramp = ("-f", "lavfi", "-i", "color=black:s=64x48:r=30000/1001:d=1.6,geq=lum=16+N*4:cb=128:cr=128")
    encoded = transcode(make_clip("ramp.mp4", *ramp, *H264, "-crf", "5"), (64, 48))
    frame_s = 1001 / 30000
    times_s = [-1.0, 0.0, 0.0333, 0.0667, 1.0, 99.0, *(round((index + 0.01) * frame_s, 6) for index in range(20))]
    shown = [0, 0, 0, 1, 29, 47, *range(20)]
    stills = tool.stills(encoded.pictures.rungs[0].path, times_s, session.workspace, session)
    levels = [next(tool.frames(still, (8, 8), session)).rgb.mean() for still in stills]
    ramp_levels = [frame.rgb.mean() for frame in tool.frames(encoded.pictures.rungs[0].path, (8, 8), session)]
    nearest = [int(np.argmin(np.abs(np.array(ramp_levels) - level))) for level in levels]
    assert nearest == shown


def test_frames_come_one_at_a_time(tool: FfmpegMediaTool, session: FakeStageContext, clip: Path) -> None:
    stream = tool.frames(clip, (32, 24), session)
    first = next(stream)
    assert (first.index, first.time_s, first.rgb.shape) == (0, 0.0, (24, 32, 3))
    assert session.tools == []
    stream.close()  # type: ignore[attr-defined]  # a generator, which the port leaves open
    assert session.tools[0].returncode == -9
