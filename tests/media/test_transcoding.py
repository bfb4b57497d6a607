"""One process makes everything, and it shows what the source shows, when the source shows it."""

from __future__ import annotations

import random
import wave
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pytest_mock import MockerFixture

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.errors import LeaseLost, PermanentError, TransientError
from shared.domain.media import MediaInfo
from shared.ports.media_tool import Frame, MediaLimits, Rung, TranscodeOutputs, TranscodePlan
from shared.testing.stage_context import FakeStageContext

MakeClip = Callable[..., Path]
Transcode = Callable[..., tuple[MediaInfo, TranscodeOutputs]]

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2")
_SOUND = ("-f", "lavfi", "-i", "sine=440:d=2")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast")
# Red in the upper left corner, blue elsewhere: shows which way is up.
_CORNER = ("-f", "lavfi", "-i", "color=blue:s=160x120:r=25:d=1,drawbox=c=red:w=80:h=60:t=fill")


def _plan(media: MediaInfo, *sizes: tuple[int, int]) -> TranscodePlan:
    rungs = tuple(
        Rung(name=f"{min(size)}p", width=size[0], height=size[1], max_bitrate_bps=1_000_000, crf=18)
        for size in sizes
    )
    return TranscodePlan(
        rungs=rungs,
        gop_s=0.5,
        max_output_fps=Fraction(60),
        audio_bitrate_bps=128_000 if media.audio else None,
        proxy_size=(32, 24),
        tile_size=(32, 24),
        tile_interval_s=0.5,
        tile_grid=(2, 2),
    )


@pytest.fixture
def transcode(tool: FfmpegMediaTool, session: FakeStageContext) -> Transcode:
    def run(path: Path, *sizes: tuple[int, int]) -> tuple[MediaInfo, TranscodeOutputs]:
        media = tool.probe(path, MediaLimits(), session)
        plan = _plan(media, *(sizes or [(160, 120), (80, 60)]))
        return media, tool.transcode(path, media, plan, session.workspace, session)

    return run


@pytest.fixture
def frames(tool: FfmpegMediaTool, session: FakeStageContext) -> Callable[[Path], list[Frame]]:
    return lambda path: list(tool.frames(path, (32, 24), session))


def test_everything_from_one_decode(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    _, outputs = transcode(clip)
    assert (outputs.frames, outputs.decode_errors) == (50, 0)
    for encoded, size in zip(outputs.files.rungs, [(160, 120), (80, 60)], strict=True):
        media = tool.inspect(encoded.path, session)
        (picture,) = media.video
        assert (picture.codec, picture.pixel_format) == ("h264", "yuv420p")
        assert (picture.width, picture.height, picture.frames) == (*size, 50)
        assert picture.sample_aspect == 1
        assert picture.fps == 25
        assert media.duration_s == pytest.approx(2.0)
        assert not media.audio
    assert outputs.files.audio
    (sound,) = tool.inspect(outputs.files.audio, session).audio
    assert (sound.codec, sound.sample_rate_hz) == ("aac", 48000)
    assert outputs.files.analysis_audio
    with wave.open(str(outputs.files.analysis_audio)) as analysis:
        assert (analysis.getframerate(), analysis.getnchannels(), analysis.getsampwidth()) == (16000, 1, 2)
        assert analysis.getnframes() == pytest.approx(32000, abs=1600)
    assert outputs.files.poster.read_bytes().startswith(b"\xff\xd8")
    ffmpeg_runs = [run for run in session.tools if "ffmpeg" in run.command[0]]
    assert len(ffmpeg_runs) == 1
    assert session.fractions[-1] == 1.0


def test_key_frames_are_closed_even_and_aligned(
    transcode: Transcode, session: FakeStageContext, clip: Path, key_times: Callable[[Path], list[float]]
) -> None:
    _, outputs = transcode(clip)
    times = [key_times(encoded.path) for encoded in outputs.files.rungs]
    assert times[0] == times[1]
    assert times[0] == pytest.approx([0.0, 0.52, 1.04, 1.56])  # 0.5 s is 12.5 frames: never shorter


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_pictures_come_upright(
    transcode: Transcode, frames: Callable[[Path], list[Frame]], make_clip: MakeClip, turn: int
) -> None:
    upright = make_clip("corner.mp4", *_CORNER, *_H264)
    path = make_clip(f"corner{turn}.mp4", "-display_rotation", str(turn), "-i", str(upright), "-c", "copy")
    size = (120, 160) if turn in (90, -90) else (160, 120)
    _, outputs = transcode(path, size)
    corner = {0: (0, 0), 90: (1, 0), 180: (1, 1), -90: (0, 1)}[turn]
    for file in (outputs.files.rungs[0].path, outputs.files.proxy):
        rgb = frames(file)[0].rgb
        height, width = rgb.shape[:2]
        for row in (0, 1):
            for column in (0, 1):
                pixel = rgb[height // 4 + row * height // 2, width // 4 + column * width // 2]
                assert (pixel[0] > 150) == ((row, column) == corner)


@pytest.mark.parametrize(
    ("name", "source", "size"),
    [
        ("anamorphic.mp4", (*_PICTURE, "-vf", "setsar=4/3", *_H264), (212, 120)),
        ("odd.mkv", ("-f", "lavfi", "-i", "testsrc2=s=161x121:r=25:d=1", "-c:v", "mjpeg"), (160, 120)),
        ("deep.mp4", (*_PICTURE, "-c:v", "libx265", "-pix_fmt", "yuv420p10le"), (160, 120)),
        ("full444.mkv", (*_PICTURE, *_H264, "-pix_fmt", "yuv444p"), (160, 120)),
        ("interlaced.mpg", (*_PICTURE, "-flags", "+ildct+ilme", "-c:v", "mpeg2video"), (160, 120)),
        ("alone.mp4", (*_PICTURE, "-frames:v", "1", *_H264), (160, 120)),
        ("silent.webm", (*_PICTURE, "-c:v", "libvpx", "-cpu-used", "8"), (160, 120)),
    ],
)
def test_unusual_sources(
    transcode: Transcode,
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    make_clip: MakeClip,
    name: str,
    source: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    media, outputs = transcode(make_clip(name, *source), size)
    picture = tool.inspect(outputs.files.rungs[0].path, session).video[0]
    assert (picture.width, picture.height, picture.pixel_format) == (*size, "yuv420p")
    assert picture.sample_aspect == 1
    assert picture.frames == outputs.frames == media.video[0].frames
    assert outputs.files.audio is None


def test_uneven_times_are_kept(
    transcode: Transcode,
    frames: Callable[[Path], list[Frame]],
    make_clip: MakeClip,
    key_times: Callable[[Path], list[float]],
) -> None:
    uneven = "setpts=if(lt(N\\,10)\\,N/25/TB\\,(0.4+(N-10)*0.07)/TB)"
    path = make_clip("uneven_times.mp4", *_PICTURE, "-vf", uneven, "-fps_mode", "passthrough", *_H264)
    _, outputs = transcode(path)
    source_s = [frame.time_s for frame in frames(path)]
    for file in (outputs.files.proxy, *(encoded.path for encoded in outputs.files.rungs)):
        assert [frame.time_s for frame in frames(file)] == pytest.approx(source_s, abs=1e-4)
    keys = [key_times(encoded.path) for encoded in outputs.files.rungs]
    assert keys[0] == keys[1]
    late_s = [time_s - index * 0.5 for index, time_s in enumerate(keys[0])]
    assert len(keys[0]) == 7
    assert all(0 <= late < 0.07 for late in late_s)  # at the first frame from each half second on


def test_a_late_picture_stays_late(
    transcode: Transcode, frames: Callable[[Path], list[Frame]], make_clip: MakeClip
) -> None:
    path = make_clip("late.mkv", "-itsoffset", "0.5", *_PICTURE, *_SOUND, *_H264)
    media, outputs = transcode(path)
    assert frames(outputs.files.proxy)[0].time_s == pytest.approx(media.video[0].start_s, abs=0.001)
    assert media.video[0].start_s > 0.45


def test_fast_sources_lose_frames_only_in_rungs(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    path = make_clip("fast120.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=120:d=1", *_H264)
    _, outputs = transcode(path)
    assert outputs.frames == 120
    assert tool.inspect(outputs.files.proxy, session).video[0].frames == 120
    for encoded in outputs.files.rungs:
        picture = tool.inspect(encoded.path, session).video[0]
        assert picture.frames == picture.fps == 60


def test_colors_are_kept_and_named(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Nothing written in a high definition source means BT.709: the small rung must say so."""
    source = ("-f", "lavfi", "-i", "color=0x20A040:s=1280x720:r=5:d=1,scale=out_color_matrix=bt709")
    untagged = "format=yuv420p,setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
    path = make_clip("untagged.mp4", *source, "-vf", untagged, *_H264)
    media, outputs = transcode(path, (320, 180))
    assert media.video[0].color_space == ""
    picture = tool.inspect(outputs.files.rungs[0].path, session).video[0]
    assert (picture.color_space, picture.color_primaries, picture.color_transfer) == ("bt709",) * 3
    (still,) = tool.stills(outputs.files.rungs[0].path, [0.5], session.workspace, session)
    for file in (outputs.files.rungs[0].path, outputs.files.poster, still):
        rgb = next(tool.frames(file, (32, 24), session)).rgb
        assert np.abs(rgb[12, 16].astype(int) - (0x20, 0xA0, 0x40)).max() <= 6  # a wrong matrix is off by 18


def test_sound_gaps_are_filled(transcode: Transcode, make_clip: MakeClip) -> None:
    gap = "aselect='not(between(t,0.5,1.5))'"
    path = make_clip("gap.mkv", *_PICTURE, *_SOUND, *_H264, "-af", gap, "-c:a", "pcm_s16le")
    _, outputs = transcode(path)
    assert outputs.files.analysis_audio
    with wave.open(str(outputs.files.analysis_audio)) as analysis:
        assert analysis.getnframes() == pytest.approx(32000, abs=1600)
        samples = np.frombuffer(analysis.readframes(32000), np.int16)
    assert np.abs(samples[int(0.7 * 16000) : int(1.3 * 16000)]).max() == 0
    assert np.abs(samples[int(1.7 * 16000) :]).max() > 1000


def test_storyboard(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Half a second each of black, red, green and blue: the tiles are in order."""
    colors = ["black", "red", "lime", "blue"]
    inputs = [part for color in colors for part in ("-f", "lavfi", "-i", f"color={color}:s=160x120:r=25:d=0.5")]
    path = make_clip("colors.mp4", *inputs, "-filter_complex", "concat=4", *_H264)
    _, outputs = transcode(path)
    sprite = next(tool.frames(outputs.files.storyboard, (64, 48), session)).rgb.astype(int)
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
    _, outputs = transcode(make_clip(f"ends_{color}.mp4", "-f", "lavfi", "-i", source, *_H264))
    assert next(tool.frames(outputs.files.poster, (32, 24), session)).rgb.max() >= brightest


def test_stills_show_the_picture_of_the_time(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Each frame is brighter than the one before; 22 stills take more than one process."""
    ramp = ("-f", "lavfi", "-i", "color=black:s=64x48:r=30000/1001:d=1.6,geq=lum=16+N*4:cb=128:cr=128")
    _, outputs = transcode(make_clip("ramp.mp4", *ramp, *_H264, "-crf", "5"), (64, 48))
    frame_s = 1001 / 30000
    times_s = [-1.0, 0.0, 0.0333, 0.0667, 1.0, 99.0, *(round((index + 0.01) * frame_s, 6) for index in range(20))]
    shown = [0, 0, 0, 1, 29, 47, *range(20)]
    stills = tool.stills(outputs.files.rungs[0].path, times_s, session.workspace, session)
    levels = [next(tool.frames(still, (8, 8), session)).rgb.mean() for still in stills]
    ramp_levels = [frame.rgb.mean() for frame in tool.frames(outputs.files.rungs[0].path, (8, 8), session)]
    nearest = [int(np.argmin(np.abs(np.array(ramp_levels) - level))) for level in levels]
    assert nearest == shown


def test_frames_come_one_at_a_time(tool: FfmpegMediaTool, session: FakeStageContext, clip: Path) -> None:
    stream = tool.frames(clip, (32, 24), session)
    first = next(stream)
    assert (first.index, first.time_s, first.rgb.shape) == (0, 0.0, (24, 32, 3))
    assert session.tools == []
    stream.close()  # type: ignore[attr-defined]  # a generator, which the port leaves open
    assert session.tools[0].returncode == -9


def test_download_keeps_sound_and_index_first(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path, tmp_path: Path
) -> None:
    _, outputs = transcode(clip)
    download = tmp_path / "download.mp4"
    tool.mux(outputs.files.rungs[0].path, outputs.files.audio, download, session)
    media = tool.inspect(download, session)
    assert media.video[0].frames == 50
    assert len(media.audio) == 1
    content = download.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_nothing_of_the_sources_metadata_is_served(transcode: Transcode, make_clip: MakeClip, clip: Path) -> None:
    path = make_clip(
        "named.mp4",
        "-i",
        str(clip),
        "-c",
        "copy",
        "-metadata",
        "title=SECRET",
        "-metadata",
        "location=+52.5+013.4/",
    )
    _, outputs = transcode(path)
    assert outputs.files.audio
    for file in (*(encoded.path for encoded in outputs.files.rungs), outputs.files.audio, outputs.files.poster):
        assert b"SECRET" not in file.read_bytes()
        assert b"+52.5" not in file.read_bytes()


@pytest.mark.reliability("A24")
def test_bit_errors_are_counted(transcode: Transcode, make_clip: MakeClip, tmp_path: Path) -> None:
    clean = make_clip("clean.mp4", *_PICTURE, *_SOUND, *_H264, "-g", "10", "-movflags", "+faststart")
    content, chance = bytearray(clean.read_bytes()), random.Random(3)
    for _ in range(12):
        content[chance.randrange(len(content) // 4, len(content) * 3 // 4)] ^= 0xFF
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    _, outputs = transcode(path)
    assert outputs.decode_errors > 0
    assert outputs.frames == 50


@pytest.mark.reliability("A23")
def test_what_ends_early_when_decoded_is_refused(
    tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    longer = replace(media, video=(replace(media.video[0], duration_s=3.0),))
    with pytest.raises(PermanentError, match="truncated"):
        tool.transcode(clip, longer, _plan(media, (160, 120)), session.workspace, session)


@pytest.mark.reliability("A14")
def test_a_source_that_goes_on_is_cut(
    tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Were a file longer than it was measured to be, no more than that is written."""
    path = make_clip("long.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=20", *_H264)
    media = tool.probe(path, MediaLimits(), session)
    short = replace(media, duration_s=2.0, video=(replace(media.video[0], duration_s=2.0, frames=10),))
    outputs = tool.transcode(path, short, _plan(media, (64, 48)), session.workspace, session)
    assert outputs.frames <= 20


def test_lost_lease_stops_the_encoder(
    tool: FfmpegMediaTool, session: FakeStageContext, clip: Path, mocker: MockerFixture
) -> None:
    media = tool.probe(clip, MediaLimits(), session)
    mocker.patch.object(session, "progress", side_effect=LeaseLost("a newer attempt took over"))
    with pytest.raises(LeaseLost):
        tool.transcode(clip, media, _plan(media, (160, 120)), session.workspace, session)


@pytest.mark.reliability("B14", "B15")
def test_outputs_are_believed_not_exit_codes(
    session: FakeStageContext, clip: Path, tool: FfmpegMediaTool, tmp_path: Path
) -> None:
    """An encoder that says all is well and leaves nothing."""
    liar = tmp_path / "ffmpeg"
    liar.write_text("#!/bin/sh\necho frame=50\n")
    liar.chmod(0o755)
    media = tool.probe(clip, MediaLimits(), session)
    with pytest.raises(TransientError, match="tool_failed"):
        FfmpegMediaTool(ffmpeg=liar).transcode(clip, media, _plan(media, (160, 120)), session.workspace, session)
