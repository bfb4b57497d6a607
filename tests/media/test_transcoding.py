"""One process makes everything, and it shows what the source shows, when the source shows it."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.ports.media_tool import Frame
from shared.testing.stage_context import FakeStageContext
from tests.media.shown_times import key_times
from tests.media.transcodes import CORNER, H264, PICTURE, SOUND, MakeClip, Transcode


def test_everything_from_one_decode(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    encoded = transcode(clip)
    assert (encoded.pictures.frames, encoded.pictures.decode_errors) == (50, 0)
    for rung, size in zip(encoded.pictures.rungs, [(160, 120), (80, 60)], strict=True):
        media = tool.inspect(rung.path, session)
        (picture,) = media.video
        assert (picture.codec, picture.pixel_format) == ("h264", "yuv420p")
        assert (picture.width, picture.height, picture.frames) == (*size, 50)
        assert picture.sample_aspect == 1
        assert picture.fps == 25
        assert media.duration_s == pytest.approx(2.0)
        assert not media.audio
    assert encoded.sound
    (sound,) = tool.inspect(encoded.sound.tracks[0].path, session).audio
    assert (sound.codec, sound.sample_rate_hz) == ("aac", 48000)
    assert encoded.sound
    with wave.open(str(encoded.sound.analysis_audio)) as analysis:
        assert (analysis.getframerate(), analysis.getnchannels(), analysis.getsampwidth()) == (16000, 1, 2)
        assert analysis.getnframes() == pytest.approx(32000, abs=1600)
    ffmpeg_runs = [run for run in session.tools if "ffmpeg" in run.command[0]]
    assert sum(any(part.endswith("proxy.mp4") for part in run.command) for run in ffmpeg_runs) == 1
    assert len(ffmpeg_runs) == 4, "one for the pictures; the sound is measured, encoded, and measured again"
    assert max(session.fractions) == 1.0


def test_key_frames_are_closed_even_and_aligned(
    transcode: Transcode, session: FakeStageContext, clip: Path
) -> None:
    encoded = transcode(clip)
    times = [key_times(rung.path) for rung in encoded.pictures.rungs]
    assert times[0] == times[1]
    assert times[0] == pytest.approx([0.0, 0.52, 1.04, 1.56])  # 0.5 s is 12.5 frames: never shorter


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_pictures_come_upright(
    transcode: Transcode, frames: Callable[[Path], list[Frame]], make_clip: MakeClip, turn: int
) -> None:
    upright = make_clip("corner.mp4", *CORNER, *H264)
    path = make_clip(f"corner{turn}.mp4", "-display_rotation", str(turn), "-i", str(upright), "-c", "copy")
    size = (120, 160) if turn in (90, -90) else (160, 120)
    encoded = transcode(path, size)
    corner = {0: (0, 0), 90: (1, 0), 180: (1, 1), -90: (0, 1)}[turn]
    for file in (encoded.pictures.rungs[0].path, encoded.pictures.proxy):
        rgb = frames(file)[0].rgb
        height, width = rgb.shape[:2]
        for row in (0, 1):
            for column in (0, 1):
                pixel = rgb[height // 4 + row * height // 2, width // 4 + column * width // 2]
                assert (pixel[0] > 150) == ((row, column) == corner)


@pytest.mark.parametrize(
    ("name", "source", "size"),
    [
        ("anamorphic.mp4", (*PICTURE, "-vf", "setsar=4/3", *H264), (212, 120)),
        ("odd.mkv", ("-f", "lavfi", "-i", "testsrc2=s=161x121:r=25:d=1", "-c:v", "mjpeg"), (160, 120)),
        ("deep.mp4", (*PICTURE, "-c:v", "libx265", "-pix_fmt", "yuv420p10le"), (160, 120)),
        ("full444.mkv", (*PICTURE, *H264, "-pix_fmt", "yuv444p"), (160, 120)),
        ("interlaced.mpg", (*PICTURE, "-flags", "+ildct+ilme", "-c:v", "mpeg2video"), (160, 120)),
        ("alone.mp4", (*PICTURE, "-frames:v", "1", *H264), (160, 120)),
        ("silent.webm", (*PICTURE, "-c:v", "libvpx", "-cpu-used", "8"), (160, 120)),
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
    encoded = transcode(make_clip(name, *source), size)
    picture = tool.inspect(encoded.pictures.rungs[0].path, session).video[0]
    assert (picture.width, picture.height, picture.pixel_format) == (*size, "yuv420p")
    assert picture.sample_aspect == 1
    assert picture.frames == encoded.pictures.frames == encoded.media.video[0].frames
    assert encoded.sound is None


def test_uneven_times_are_kept(
    transcode: Transcode,
    frames: Callable[[Path], list[Frame]],
    make_clip: MakeClip,
) -> None:
    uneven = "setpts=if(lt(N\\,10)\\,N/25/TB\\,(0.4+(N-10)*0.07)/TB)"
    path = make_clip("uneven_times.mp4", *PICTURE, "-vf", uneven, "-fps_mode", "passthrough", *H264)
    encoded = transcode(path)
    source_s = [frame.time_s for frame in frames(path)]
    for file in (encoded.pictures.proxy, *(rung.path for rung in encoded.pictures.rungs)):
        assert [frame.time_s for frame in frames(file)] == pytest.approx(source_s, abs=1e-4)
    keys = [key_times(rung.path) for rung in encoded.pictures.rungs]
    assert keys[0] == keys[1]
    late_s = [time_s - index * 0.5 for index, time_s in enumerate(keys[0])]
    assert len(keys[0]) == 7
    assert all(0 <= late < 0.07 for late in late_s)  # at the first frame from each half second on


def test_after_a_still_there_is_one_key_frame_and_not_one_for_each_that_was_due(
    transcode: Transcode, make_clip: MakeClip
) -> None:
    still = "select='not(between(n,20,99))'"
    clip = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=6", "-vf", still, "-fps_mode", "passthrough")
    encoded = transcode(make_clip("still.mp4", *clip, "-c:v", "libx264", "-preset", "veryfast"))
    # It ends when its last frame does, whatever another one of them lasts in decoding order.
    assert encoded.media.duration_s == pytest.approx(6.0, abs=0.1)
    for rung in encoded.pictures.rungs:
        assert key_times(rung.path) == pytest.approx([0.0, 0.52, 4.0, 4.52, 5.0, 5.52], abs=0.001)


def test_a_late_picture_stays_late(
    transcode: Transcode, frames: Callable[[Path], list[Frame]], make_clip: MakeClip
) -> None:
    path = make_clip("late.mkv", "-itsoffset", "0.5", *PICTURE, *SOUND, *H264)
    encoded = transcode(path)
    assert frames(encoded.pictures.proxy)[0].time_s == pytest.approx(encoded.media.video[0].start_s, abs=0.001)
    assert encoded.media.video[0].start_s > 0.45


def test_fast_sources_lose_frames_only_in_rungs(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    path = make_clip("fast120.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=120:d=1", *H264)
    encoded = transcode(path)
    assert encoded.pictures.frames == 120
    assert tool.inspect(encoded.pictures.proxy, session).video[0].frames == 120
    for rung in encoded.pictures.rungs:
        picture = tool.inspect(rung.path, session).video[0]
        assert picture.frames == picture.fps == 60


def test_colors_are_kept_and_named(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Nothing written in a high definition source means BT.709: the small rung must say so."""
    source = ("-f", "lavfi", "-i", "color=0x20A040:s=1280x720:r=5:d=1,scale=out_color_matrix=bt709")
    untagged = "format=yuv420p,setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
    path = make_clip("untagged.mp4", *source, "-vf", untagged, *H264)
    encoded = transcode(path, (320, 180))
    assert encoded.media.video[0].color_space == ""
    picture = tool.inspect(encoded.pictures.rungs[0].path, session).video[0]
    assert (picture.color_space, picture.color_primaries, picture.color_transfer) == ("bt709",) * 3
    (still,) = tool.stills(encoded.pictures.rungs[0].path, [0.5], session.workspace, session)
    for file in (encoded.pictures.rungs[0].path, still):
        rgb = next(tool.frames(file, (32, 24), session)).rgb
        assert np.abs(rgb[12, 16].astype(int) - (0x20, 0xA0, 0x40)).max() <= 6  # a wrong matrix is off by 18


def test_sound_gaps_are_filled(transcode: Transcode, make_clip: MakeClip) -> None:
    gap = "aselect='not(between(t,0.5,1.5))'"
    path = make_clip("gap.mkv", *PICTURE, *SOUND, *H264, "-af", gap, "-c:a", "pcm_s16le")
    encoded = transcode(path)
    assert encoded.sound
    with wave.open(str(encoded.sound.analysis_audio)) as analysis:
        assert analysis.getnframes() == pytest.approx(32000, abs=1600)
        samples = np.frombuffer(analysis.readframes(32000), np.int16)
    assert np.abs(samples[int(0.7 * 16000) : int(1.3 * 16000)]).max() == 0
    assert np.abs(samples[int(1.7 * 16000) :]).max() > 1000


def test_download_keeps_sound_and_index_first(
    transcode: Transcode,
    tool: FfmpegMediaTool,
    encoder: FfmpegEncoder,
    session: FakeStageContext,
    clip: Path,
    tmp_path: Path,
) -> None:
    encoded = transcode(clip)
    assert encoded.sound
    download = tmp_path / "download.mp4"
    encoder.mux(encoded.pictures.rungs[0].path, encoded.sound.tracks, download, session)
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
    encoded = transcode(path)
    assert encoded.sound
    for file in (*(rung.path for rung in encoded.pictures.rungs), encoded.sound.tracks[0].path):
        assert b"SECRET" not in file.read_bytes()
        assert b"+52.5" not in file.read_bytes()
