"""What a transcode does about damage, about work that is no longer wanted, and about tools that lie."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from functions.transcode.sound import plan_sound
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool, Programs
from shared.domain.encoding import EncodingSettings
from shared.domain.errors import LeaseLost, PermanentError, TransientError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import H264, PICTURE, SOUND, MakeClip, Transcode, small_plan


@pytest.mark.reliability("A24")
def test_bit_errors_are_counted(transcode: Transcode, make_clip: MakeClip, tmp_path: Path) -> None:
    clean = make_clip("clean.mp4", *PICTURE, *SOUND, *H264, "-g", "10", "-movflags", "+faststart")
    content, chance = bytearray(clean.read_bytes()), random.Random(3)
    for _ in range(12):
        content[chance.randrange(len(content) // 4, len(content) * 3 // 4)] ^= 0xFF
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    encoded = transcode(path)
    assert encoded.pictures.decode_errors > 0
    assert encoded.pictures.frames == 50


@pytest.mark.reliability("A24")
@pytest.mark.parametrize(("pid", "damaged"), [(0x100, (True, False)), (0x101, (False, True))])
def test_damage_counts_for_the_stream_that_has_it(
    transcode: Transcode, make_clip: MakeClip, tmp_path: Path, pid: int, damaged: tuple[bool, bool]
) -> None:
    content = bytearray(make_clip("clean.ts", *PICTURE, *SOUND, *H264, "-g", "10", "-c:a", "aac").read_bytes())
    packets = [
        at
        for at in range(0, len(content), 188)
        if content[at + 1] & 0x1F == pid >> 8 and content[at + 2] == pid & 0xFF
    ]
    for at in packets[len(packets) // 2 : len(packets) // 2 + 3]:
        content[at + 1] |= 0x80  # the receiver saw an error
    path = tmp_path / "damaged.ts"
    path.write_bytes(content)
    encoded = transcode(path)
    assert encoded.sound is not None
    assert (encoded.pictures.decode_errors > 0, encoded.sound.decode_errors > 0) == damaged


@pytest.mark.reliability("A23")
def test_what_ends_early_when_decoded_is_refused(
    tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext, clip: Path
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    longer = replace(media, video=(replace(media.video[0], duration_s=3.0),))
    with pytest.raises(PermanentError, match="truncated"):
        encoder.encode_pictures(clip, longer, small_plan((160, 120)), session.workspace, session)


@pytest.mark.reliability("A14")
def test_a_source_that_goes_on_is_cut(
    tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Were a file longer than it was measured to be, no more than that is written."""
    path = make_clip("long.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=20", *H264)
    media = tool.probe(path, MediaLimits(), session)
    short = replace(media, duration_s=2.0, video=(replace(media.video[0], duration_s=2.0, frames=10),))
    outputs = encoder.encode_pictures(path, short, small_plan((64, 48)), session.workspace, session)
    assert outputs.frames <= 20


def test_lost_lease_stops_the_encoder(
    tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext, clip: Path, mocker: MockerFixture
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    mocker.patch.object(session, "progress", side_effect=LeaseLost("a newer attempt took over"))
    with pytest.raises(LeaseLost):
        encoder.encode_pictures(clip, media, small_plan((160, 120)), session.workspace, session)


@pytest.mark.parametrize("done", [0, 1], ids=["measuring", "encoding"])
def test_lost_lease_stops_the_sound_too(
    tool: FfmpegMediaTool,
    encoder: FfmpegEncoder,
    session: FakeStageContext,
    make_clip: MakeClip,
    mocker: MockerFixture,
    done: int,
) -> None:
    path = make_clip("talk.m4a", "-f", "lavfi", "-i", "sine=d=2", "-c:a", "aac")
    media = tool.probe(path, MediaLimits(), session)
    plan = plan_sound(media, EncodingSettings())
    assert plan is not None
    before = len(session.tools)

    def progress(fraction: float) -> None:
        del fraction
        if len(session.tools) == before + done:
            raise LeaseLost("a newer attempt took over")

    mocker.patch.object(session, "progress", side_effect=progress)
    with pytest.raises(LeaseLost):
        encoder.encode_sound(path, media, plan, session.workspace, session)
    assert len(session.tools) == before + done + 1


@pytest.mark.reliability("B14", "B15")
def test_outputs_are_believed_not_exit_codes(
    session: FakeStageContext, clip: Path, tool: FfmpegMediaTool, tmp_path: Path
) -> None:
    """An encoder that says all is well and leaves nothing."""
    liar = tmp_path / "ffmpeg"
    liar.write_text("#!/bin/sh\necho frame=50\n")
    liar.chmod(0o755)
    media = tool.probe(clip, MediaLimits(), session)
    encoder = FfmpegEncoder(Programs(ffmpeg=liar))
    with pytest.raises(TransientError, match="tool_failed"):
        encoder.encode_pictures(clip, media, small_plan((160, 120)), session.workspace, session)
