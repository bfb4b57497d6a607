"""What probing says about clips that are known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.media import MediaInfo
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip, Transcode

Probe = Callable[[Path], MediaInfo]

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2")
_SOUND = ("-f", "lavfi", "-i", "sine=440:d=2:r=48000")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast")


@pytest.fixture
def probe(tool: FfmpegMediaTool, session: FakeStageContext) -> Probe:
    return lambda path: tool.probe(path, MediaLimits(), session)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("a.mp4", "h264", "aac"),
        ("b.mov", "prores_ks", "pcm_s16le"),
        ("c.mkv", "libx265", "flac"),
        ("d.webm", "libvpx-vp9", "libopus"),
        ("e.webm", "libvpx", "libvorbis"),
        ("f.avi", "mpeg4", "pcm_s16le"),
        ("g.ts", "h264", "aac"),
        ("h.m2ts", "h264", "ac3"),
        ("i.mpg", "mpeg2video", "mp2"),
        ("j.flv", "h264", "aac"),
        ("k.3gp", "h264", "aac"),
        ("l.ogv", "libtheora", "libvorbis"),
        ("m.wmv", "wmv2", "wmav2"),
        ("n.mxf", "mpeg2video", "pcm_s16le"),
        ("o.mkv", "libsvtav1", "eac3"),
        ("p.avi", "mjpeg", "pcm_s16le"),
        ("q.mkv", "h264", "libmp3lame"),
    ],
)
def test_accepted_formats(probe: Probe, make_clip: MakeClip, name: str, video: str, audio: str) -> None:
    codec = _H264 if video == "h264" else ("-c:v", video, *(("-cpu-used", "8") if "vp" in video else ()))
    path = make_clip(name, *_PICTURE, *_SOUND, *codec, "-c:a", audio)
    media = probe(path)
    (picture,), (sound,) = media.video, media.audio
    assert (picture.width, picture.height, picture.rotation) == (160, 120, 0)
    assert picture.sample_aspect == 1
    assert picture.fps == 25
    assert not picture.variable_fps
    assert picture.frames in {50, 51}  # a muxer may repeat one where streams begin
    assert picture.duration_s == pytest.approx(2.0, abs=0.05)
    assert media.duration_s == pytest.approx(2.0, abs=0.1)
    assert (sound.sample_rate_hz, sound.channels) == (48000, 1)
    assert media.size_bytes == path.stat().st_size


@pytest.mark.parametrize(("turned", "clockwise"), [(90, 270), (180, 180), (-90, 90)])
def test_rotation_counts_clockwise(
    probe: Probe, make_clip: MakeClip, clip: Path, turned: int, clockwise: int
) -> None:
    path = make_clip(f"turned{turned}.mp4", "-display_rotation", str(turned), "-i", str(clip), "-c", "copy")
    assert probe(path).video[0].rotation == clockwise


@pytest.mark.parametrize("flip", ["-display_hflip", "-display_vflip"])
@pytest.mark.parametrize("turned", ["0", "90", "180"])
def test_mirrored(probe: Probe, make_clip: MakeClip, clip: Path, turned: str, flip: str) -> None:
    mirrored = make_clip("mirrored.mp4", "-display_rotation", turned, flip, "-i", str(clip), "-c", "copy")
    turned_only = make_clip("turned.mp4", "-display_rotation", turned, "-i", str(clip), "-c", "copy")
    assert probe(mirrored).video[0].mirrored
    assert not probe(turned_only).video[0].mirrored


def test_a_cover_that_does_not_say_so_is_not_shown_for_the_video(
    probe: Probe, make_clip: MakeClip, clip: Path
) -> None:
    cover = make_clip("cover.jpg", "-f", "lavfi", "-i", "testsrc2=s=640x480:d=0.04", "-frames:v", "1")
    maps = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "default", "-disposition:v:1", "0")
    media = probe(make_clip("covered.mkv", "-i", str(cover), "-i", str(clip), *maps))
    assert [(video.codec, video.frames) for video in media.video] == [("h264", 50), ("mjpeg", 1)]


def test_pixel_shape_and_display_size(probe: Probe, make_clip: MakeClip) -> None:
    picture = probe(make_clip("anamorphic.mp4", *_PICTURE, "-vf", "setsar=4/3", *_H264)).video[0]
    assert picture.sample_aspect == Fraction(4, 3)
    assert picture.display_size == (213, 120)


def test_uneven_frames_are_variable(probe: Probe, make_clip: MakeClip) -> None:
    uneven = "setpts=if(lt(N\\,10)\\,N/25/TB\\,(0.4+(N-10)/10)/TB)"
    path = make_clip("uneven.mp4", *_PICTURE, "-vf", uneven, "-fps_mode", "passthrough", *_H264)
    picture = probe(path).video[0]
    assert picture.variable_fps
    assert picture.frames == 50
    assert 10 < picture.fps < 13


def test_rounded_times_are_not_variable(probe: Probe, make_clip: MakeClip) -> None:
    path = make_clip("ntsc.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=30000/1001:d=2", *_H264)
    picture = probe(path).video[0]
    assert picture.fps == Fraction(30000, 1001)
    assert not picture.variable_fps


def test_depth_color_and_hdr(probe: Probe, make_clip: MakeClip) -> None:
    path = make_clip(
        "hdr.mp4",
        *(*_PICTURE, "-c:v", "libx265", "-pix_fmt", "yuv420p10le"),
        *("-vf", "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084:range=tv"),
    )
    picture = probe(path).video[0]
    assert (picture.bit_depth, picture.pixel_format, picture.hdr) == (10, "yuv420p10le", "hdr10")
    colors = (picture.color_space, picture.color_primaries, picture.color_transfer, picture.color_range)
    assert colors == ("bt2020nc", "bt2020", "smpte2084", "tv")


def test_interlaced(probe: Probe, make_clip: MakeClip) -> None:
    path = make_clip(
        "interlaced.mpg",
        *_PICTURE,
        "-vf",
        "tinterlace=interleave_top",
        "-flags",
        "+ildct+ilme",
        "-c:v",
        "mpeg2video",
    )
    assert probe(path).video[0].interlaced


def test_late_streams_keep_their_distance(probe: Probe, make_clip: MakeClip) -> None:
    late_sound = probe(make_clip("late_sound.mp4", *_PICTURE, "-itsoffset", "0.3", *_SOUND, *_H264))
    assert late_sound.video[0].start_s == 0
    assert late_sound.audio[0].start_s == pytest.approx(0.3, abs=0.025)  # less its priming
    late_picture = probe(make_clip("late_picture.mkv", "-itsoffset", "0.5", *_PICTURE, *_SOUND, *_H264))
    assert late_picture.video[0].start_s == pytest.approx(0.52, abs=0.001)
    stream = probe(make_clip("timed.ts", *_PICTURE, *_SOUND, *_H264))  # begins at 1.4 s by its own clock
    assert abs(stream.video[0].start_s) < 0.05


@pytest.mark.parametrize("starts_s", [(0, 0), (0, 3600), (30_000, 0)], ids=["again", "onwards", "back"])
@pytest.mark.parametrize("extension", ["ts", "mpg"])
def test_what_is_appended_has_a_clock_of_its_own(
    probe: Probe, transcode: Transcode, make_clip: MakeClip, extension: str, starts_s: tuple[int, int]
) -> None:
    """Two recordings in one file, as recorders leave them: all of both is there."""
    codecs = ("-c:v", "mpeg2video", "-bf", "0", "-c:a", "mp2")
    parts = [
        make_clip(f"{start_s}.{extension}", *_PICTURE, *_SOUND, *codecs, "-output_ts_offset", str(start_s))
        for start_s in starts_s
    ]
    joined = parts[0].with_name(f"joined.{extension}")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    media = probe(joined)
    assert media.duration_s == pytest.approx(4.0, abs=0.1)
    assert media.video[0].fps == pytest.approx(25, abs=0.5)
    assert media.video[0].frames in {100, 101}
    pictures = transcode(joined).pictures
    assert pictures.frames == media.video[0].frames
    assert probe(pictures.rungs[0].path).duration_s == pytest.approx(media.video[0].duration_s, abs=0.06)


def test_streams_of_all_kinds(probe: Probe, make_clip: MakeClip, tmp_path: Path) -> None:
    captions = tmp_path / "captions.srt"
    captions.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    path = make_clip(
        "tracks.mkv",
        *(*_PICTURE, *_SOUND, "-f", "lavfi", "-i", "sine=880:d=2", "-i", str(captions)),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", *_H264, "-c:a", "aac", "-c:s", "srt"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"),
        *("-disposition:a:0", "0", "-disposition:a:1", "default", "-metadata:s:s:0", "language=fra"),
        *("-metadata", "title=A\tfilm <b>\u202e"),
    )
    media = probe(path)
    assert [sound.language for sound in media.audio] == ["deu", "eng"]  # the default is processed
    assert [(text.codec, text.language) for text in media.subtitles] == [("subrip", "fra")]
    assert media.title == "A film <b>"


def test_a_frame_alone(probe: Probe, make_clip: MakeClip) -> None:
    picture = probe(make_clip("one.mp4", *_PICTURE, "-frames:v", "1", *_H264)).video[0]
    assert picture.frames == 1
    assert picture.fps == 25
    assert picture.duration_s == pytest.approx(0.04, abs=0.001)


def test_edit_list_hides_frames(probe: Probe, make_clip: MakeClip) -> None:
    """Cutting without encoding keeps the frames since the last key frame, but not to be shown."""
    whole = make_clip("long_gop.mp4", *_PICTURE, *_H264, "-g", "100")
    cut = make_clip("edited.mp4", "-ss", "1", "-i", str(whole), "-c", "copy")
    picture = probe(cut).video[0]
    assert picture.frames == 25
    assert picture.fps == 25
    assert picture.start_s == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(
    ("name", "size", "rotation", "fps", "variable", "frames"),
    [
        ("ChromeCast.mp4", (1202, 676), 0, Fraction(30), False, 451),
        ("audiovideo.mov", (853, 480), 0, Fraction(10), False, 104),
        ("slidechanges.mov", (1024, 768), 0, Fraction(198000, 8267), True, 661),
        ("vertical_video_from_iphone.mov", (1080, 1920), 90, Fraction(60), False, 36),
        ("av1-sdr.webm", (427, 240), 0, Fraction(30000, 1001), False, 600),
        ("muxed_15.avi", (1280, 720), 0, Fraction(13470, 529), True, 450),
        ("test5seconds.electricsheep.300x400.ogv", (400, 300), 0, Fraction(30), False, 160),
    ],
)
def test_real_footage(
    probe: Probe,
    real_media: Path,
    name: str,
    size: tuple[int, int],
    rotation: int,
    fps: Fraction,
    variable: bool,
    frames: int,
) -> None:
    picture = probe(real_media / name).video[0]
    assert picture.display_size == size
    assert (picture.rotation, picture.fps, picture.variable_fps, picture.frames) == (
        rotation,
        fps,
        variable,
        frames,
    )
