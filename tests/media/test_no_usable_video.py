"""Files that hold no video, or none that is whole and accepted, refused with their code by the real tools."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.hostile.case import box
from tests.media.refusals import TWO_FRAMES, Refuse
from tests.media.transcodes import MakeClip


@pytest.mark.reliability("A19")
@pytest.mark.parametrize("codec", ["magicyuv", "ffv1"])
def test_exotic_codec(refuse: Refuse, make_clip: MakeClip, codec: str) -> None:
    path = make_clip(f"{codec}.avi", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1", "-c:v", codec)
    assert refuse(path) == "unsupported_codec"


@pytest.mark.reliability("A19")
@pytest.mark.parametrize(("profile", "like"), [(5, 0), (8, 4)])
def test_colors_that_only_dolby_vision_shows(
    refuse: Refuse, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip, profile: int, like: int
) -> None:
    """Profile 5 has a colour space of its own; phones record profile 8.4, which is HLG for all others."""
    hevc = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-tag:v", "hvc1")
    path = make_clip(f"dolby{profile}.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:d=0.4", *hevc)
    path.write_bytes(_with_dolby_vision(path.read_bytes(), profile, like))
    if like:
        assert tool.probe(path, MediaLimits(), session).video
    else:
        assert refuse(path) == "unsupported_colors"


def _with_dolby_vision(content: bytes, profile: int, like: int) -> bytes:
    """Returns an MP4 whose index is at its end with a Dolby Vision configuration in its sample description."""
    version, level, layers = 1 << 8, 3, 0b101
    bits = (profile << 9 | level << 3 | layers) << 32 | like << 28
    record = box(
        b"dvvC" if profile > 7 else b"dvcC", version.to_bytes(2, "big"), bits.to_bytes(6, "big"), bytes(16)
    )
    at = content.index(b"hvcC") - 4
    result = bytearray(content[:at] + record + content[at:])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1"):
        size_at = content.rindex(kind) - 4
        size = int.from_bytes(content[size_at : size_at + 4], "big") + len(record)
        result[size_at : size_at + 4] = size.to_bytes(4, "big")
    return bytes(result)


@pytest.mark.reliability("A19")
def test_exotic_sound(refuse: Refuse, make_clip: MakeClip, clip: Path) -> None:
    path = make_clip("nelly.flv", "-i", str(clip), "-c:v", "flv", "-c:a", "nellymoser", "-ar", "8000", "-ac", "1")
    assert refuse(path) == "unsupported_codec"


@pytest.mark.reliability("A19")
def test_exotic_sound_alone(refuse: Refuse, make_clip: MakeClip) -> None:
    tone = ("-f", "lavfi", "-i", "sine=440:d=1:r=44100")
    assert refuse(make_clip("sound.wav", *tone, "-c:a", "adpcm_swf")) == "unsupported_codec"


@pytest.mark.reliability("A20")
@pytest.mark.parametrize(
    "content", [b"", random.Random(1).randbytes(100_000), b"Dear diary, today I took no video.\n"]
)
def test_no_video_at_all(refuse: Refuse, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert refuse(path) == "not_video"
    assert refuse.tools_run == 0


@pytest.mark.reliability("A20")
def test_a_bare_voice_memo_is_no_script(refuse: Refuse, make_clip: MakeClip) -> None:
    amr = ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")
    assert refuse(make_clip("memo.amr", "-f", "lavfi", "-i", "sine=440:d=1", *amr)) == "not_video"


@pytest.mark.reliability("A21")
@pytest.mark.parametrize("name", ["still.jpg", "still.png", "still.gif", "still.bmp", "still.webp", "still.avif"])
def test_still_picture(refuse: Refuse, make_clip: MakeClip, tmp_path: Path, name: str) -> None:
    picture = make_clip(name, "-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1")
    path = tmp_path / "clip.mp4"
    os.link(picture, path)
    assert refuse(path) == "not_video"


@pytest.mark.reliability("A22")
def test_neither_a_frame_nor_sound(refuse: Refuse, make_clip: MakeClip) -> None:
    empty = make_clip("empty.mp4", *TWO_FRAMES, "-frames:v", "0", "-movflags", "+empty_moov")
    assert refuse(empty) == "no_video_stream"


@pytest.mark.reliability("A22")
def test_subtitles_alone(refuse: Refuse, make_clip: MakeClip, tmp_path: Path) -> None:
    lines = tmp_path / "lines.srt"
    lines.write_text("1\n00:00:00,000 --> 00:00:01,000\nNobody to be seen or heard\n")
    assert refuse(make_clip("lines.mkv", "-i", str(lines))) == "no_video_stream"


@pytest.mark.reliability("A23")
@pytest.mark.parametrize("extension", ["mp4", "mkv", "avi", "flv", "wmv", "mxf"])
@pytest.mark.parametrize("share", [0.6, 0.93])
def test_cut_off(refuse: Refuse, make_clip: MakeClip, tmp_path: Path, extension: str, share: float) -> None:
    codecs = {
        "avi": ("mpeg4", "mp3"),
        "wmv": ("wmv2", "wmav2"),
        "mxf": ("mpeg2video", "pcm_s16le"),
    }
    video, audio = codecs.get(extension, ("libx264", "aac"))
    whole = make_clip(
        f"whole.{extension}",
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=10", "-f", "lavfi", "-i", "sine=440:d=10:r=48000"),
        *("-c:v", video, "-c:a", audio, *(("-movflags", "+faststart") if extension == "mp4" else ())),
    )
    content = whole.read_bytes()
    path = tmp_path / f"cut.{extension}"
    path.write_bytes(content[: int(len(content) * share)])
    assert refuse(path) == "truncated"


@pytest.mark.reliability("A23")
def test_index_never_written(refuse: Refuse, make_clip: MakeClip, tmp_path: Path) -> None:
    whole = make_clip("index_last.mp4", *TWO_FRAMES)
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole.read_bytes()[:2000])
    assert refuse(path) == "truncated"


@pytest.mark.reliability("A23")
def test_real_footage_without_an_index(refuse: Refuse, real_media: Path) -> None:
    assert refuse(real_media / "broken.mp4") == "truncated"


def test_a_header_of_nonsense(refuse: Refuse, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + random.Random(2).randbytes(5000))
    assert refuse(path) == "corrupt"
