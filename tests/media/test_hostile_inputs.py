"""Files that lie, each built here, each refused with its code, by the real tools, with nothing fetched."""

from __future__ import annotations

import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.adapters.sandbox import ToolLimits
from shared.domain.errors import PermanentError, TransientError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext

MakeClip = Callable[..., Path]
TwoFrames = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=2", "-c:v", "libx264", "-preset", "ultrafast")


class Refuse:
    """Probes a file and returns the code it is refused with."""

    def __init__(self, tool: FfmpegMediaTool, session: FakeStageContext) -> None:
        self._tool = tool
        self._session = session

    def __call__(self, path: Path, limits: MediaLimits | None = None) -> str:
        with pytest.raises(PermanentError) as refused:
            self._tool.probe(path, limits or MediaLimits(), self._session)
        assert refused.value.detail.endswith(".")
        return refused.value.code

    @property
    def peak_memory_bytes(self) -> int:
        return max(run.peak_memory_bytes for run in self._session.tools)

    @property
    def tools_run(self) -> int:
        return len(self._session.tools)


@pytest.fixture
def refuse(tool: FfmpegMediaTool, session: FakeStageContext) -> Refuse:
    return Refuse(tool, session)


@pytest.mark.reliability("A1")
def test_playlist_of_addresses(refuse: Refuse, tmp_path: Path, canary: Any) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{canary.url}/segment.ts\n#EXT-X-ENDLIST\n")
    assert refuse(path) == "unsupported_container"
    assert canary.requests == []


@pytest.mark.reliability("A2")
def test_playlist_of_local_files(refuse: Refuse, tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{clip}\n#EXT-X-ENDLIST\n")
    assert refuse(path) == "unsupported_container"
    assert refuse.tools_run == 0


@pytest.mark.reliability("A2", "A3")
@pytest.mark.parametrize("demuxer", ["mov", "matroska", "avi", "mpegts"])
def test_tools_do_not_guess_formats(
    demuxer: str, refuse: Refuse, tmp_path: Path, clip: Path, mocker: MockerFixture
) -> None:
    """Were sniffing fooled, ffprobe still could not be made to read another file."""
    mocker.patch("shared.adapters.ffmpeg.probe.sniff", return_value=demuxer)
    os.link(clip, tmp_path / "other.mp4")
    path = tmp_path / "clip.mp4"
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert refuse(path) in {"corrupt", "truncated", "no_video_stream"}


@pytest.mark.reliability("A3")
def test_concat_script(refuse: Refuse, tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{clip}'\n")
    assert refuse(path) == "unsupported_container"


@pytest.mark.reliability("A5")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<?xml version="1.0"?><MPD><Period/></MPD>', "unsupported_container"),
        ("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", "unsupported_container"),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n", "unsupported_container"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>', "unsupported_container"),
        ("#!/bin/sh\ntouch pwned\n", "unsupported_container"),
        ("import os\nos.system('touch pwned')\n", "not_video"),
    ],
)
def test_text_of_other_kinds(refuse: Refuse, tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(text)
    assert refuse(path) == code
    assert refuse.tools_run == 0


def _with_data_reference(clip: Path, path: Path, entry: bytes) -> Path:
    """Copies an MP4, replacing its first data reference by one of the same size or longer."""
    content = clip.read_bytes()
    at = content.index(b"dref") - 4
    old = int.from_bytes(content[at : at + 4], "big")
    box = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    path.write_bytes(_grown(content, at, old, box))
    return path


def _grown(content: bytes, at: int, old: int, box: bytes) -> bytes:
    result = bytearray(content[:at] + box + content[at + old :])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        size_at = content.index(kind) - 4
        size = int.from_bytes(content[size_at : size_at + 4], "big") + len(box) - old
        result[size_at : size_at + 4] = size.to_bytes(4, "big")
    return bytes(result)


@pytest.mark.reliability("A6")
@pytest.mark.parametrize("kind", [b"url ", b"alis"])
def test_external_data_reference(refuse: Refuse, clip: Path, tmp_path: Path, kind: bytes, canary: Any) -> None:
    target = f"{canary.url}/other.mov\0".encode()
    entry = struct.pack(">I4sI", 12 + len(target), kind, 0) + target
    assert refuse(_with_data_reference(clip, tmp_path / "clip.mov", entry)) == "external_reference"
    assert refuse.tools_run == 0
    assert canary.requests == []


@pytest.mark.reliability("A7", "A8", "A9", "A10", "A11")
@pytest.mark.parametrize(
    "name",
    [
        *("-version", "-y", "concat:a|b", "subfile,,start,0,end,0,,:a", "pipe:0", "a:b.mp4", "img%03d.mp4"),
        *("line\nbreak.mp4", "\u202egpj.mp4", "🎬.mp4", "%2e%2e%2fx.mp4", "a'b\"c$(d).mp4", "é" * 120 + ".mp4"),
    ],
)
def test_names_are_only_names(name: str, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path) -> None:
    folder = session.workspace / "in"
    folder.mkdir()
    path = folder / name
    os.link(clip, path)
    media = tool.probe(path, MediaLimits(), session)
    assert media.video[0].frames == 50
    assert sum(1 for _ in tool.frames(path, (16, 12), session)) == 50
    (still,) = tool.stills(path, [1.0], session.workspace, session)
    assert still.read_bytes().startswith(b"\xff\xd8")
    assert list(folder.iterdir()) == [path]


def test_paths_may_be_relative(
    tool: FfmpegMediaTool, session: FakeStageContext, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(clip, session.workspace / "clip.mp4")
    monkeypatch.chdir(session.workspace.parent)
    path = Path(session.workspace.name, "clip.mp4")
    assert tool.probe(path, MediaLimits(), session).video[0].frames == 50
    assert tool.stills(path, [1.0], path.parent, session)[0].exists()


@pytest.mark.reliability("A9")
def test_a_pattern_reads_no_other_file(tool: FfmpegMediaTool, session: FakeStageContext, tmp_path: Path) -> None:
    (tmp_path / "img001.mp4").write_bytes(b"\xff\xd8\xff another file")
    path = tmp_path / "img%03d.mp4"
    path.write_bytes(b"")
    with pytest.raises(PermanentError, match="not_video"):
        tool.probe(path, MediaLimits(), session)


@pytest.mark.reliability("A12")
def test_enormous_frames(refuse: Refuse, make_clip: MakeClip, tmp_path: Path) -> None:
    """Motion JPEG whose container and pictures both say 16,384 x 16,384."""
    small = make_clip("small.avi", "-f", "lavfi", "-i", "color=s=64x48:r=5:d=1", "-c:v", "mjpeg")
    content = small.read_bytes().replace(struct.pack("<II", 64, 48), struct.pack("<II", 16384, 16384))
    path = tmp_path / "large.avi"
    path.write_bytes(content.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 16384, 16384)))
    assert refuse(path) == "too_many_pixels"
    assert refuse.peak_memory_bytes < 1 << 30


@pytest.mark.reliability("A12")
def test_frames_over_the_limit(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_pixels=160 * 120 - 1)) == "too_many_pixels"
    assert refuse.tools_run == 1  # its packets are not even read


@pytest.mark.reliability("A12")
def test_pixels_stretched_over_the_limit(refuse: Refuse, make_clip: MakeClip) -> None:
    stretched = make_clip("stretched.mp4", *TwoFrames, "-vf", "setsar=20")
    assert refuse(stretched, MediaLimits(max_pixels=64 * 48 * 10)) == "too_many_pixels"


@pytest.mark.reliability("A14")
def test_hours_of_gap(refuse: Refuse, make_clip: MakeClip) -> None:
    gap = make_clip("gap.mp4", *TwoFrames, "-vf", "setpts=N*36000/TB", "-fps_mode", "passthrough")
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


@pytest.mark.reliability("A17")
def test_attachment_is_dropped(
    tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip, clip: Path, tmp_path: Path
) -> None:
    attachment = tmp_path / "payload.bin"
    attachment.write_bytes(bytes(50 << 20))
    path = make_clip(
        "attached.mkv",
        *("-i", str(clip), "-attach", str(attachment), "-c", "copy"),
        *("-metadata:s:t", "mimetype=application/octet-stream"),
        *("-metadata:s:t", "filename=../../../escaped.bin"),
    )
    media = tool.probe(path, MediaLimits(), session)
    assert len(media.video) == len(media.audio) == 1
    assert not list(tmp_path.rglob("escaped.bin"))
    assert max(run.peak_memory_bytes for run in session.tools) < 512 << 20


@pytest.mark.reliability("A18")
def test_compressed_header_bomb(refuse: Refuse, tmp_path: Path, mocker: MockerFixture) -> None:
    """A compressed movie header of two megabytes that unpacks to half a gigabyte, under a lower cap."""
    cap_bytes, size_bytes = 384 << 20, 512 << 20
    mocker.patch("shared.adapters.ffmpeg.probe._HEADER_LIMITS", ToolLimits(memory_bytes=cap_bytes, timeout_s=60))
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(size_bytes >> 24)) + packer.flush()
    cmvd = struct.pack(">I4sI", 12 + len(packed), b"cmvd", size_bytes) + packed
    cmov = struct.pack(">I4s", 8 + 12 + len(cmvd), b"cmov") + struct.pack(">I4s4s", 12, b"dcom", b"zlib") + cmvd
    path = tmp_path / "bomb.mov"
    path.write_bytes(struct.pack(">I4s", 8 + len(cmov), b"moov") + cmov)
    assert refuse(path) == "corrupt"
    assert refuse.peak_memory_bytes < cap_bytes


@pytest.mark.reliability("A19")
@pytest.mark.parametrize("codec", ["magicyuv", "ffv1"])
def test_exotic_codec(refuse: Refuse, make_clip: MakeClip, codec: str) -> None:
    path = make_clip(f"{codec}.avi", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1", "-c:v", codec)
    assert refuse(path) == "unsupported_codec"


@pytest.mark.reliability("A19")
def test_exotic_sound(refuse: Refuse, make_clip: MakeClip, clip: Path) -> None:
    path = make_clip("nelly.flv", "-i", str(clip), "-c:v", "flv", "-c:a", "nellymoser", "-ar", "8000", "-ac", "1")
    assert refuse(path) == "unsupported_codec"


@pytest.mark.reliability("A20")
@pytest.mark.parametrize(
    "content", [b"", random.Random(1).randbytes(100_000), b"Dear diary, today I took no video.\n"]
)
def test_no_video_at_all(refuse: Refuse, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert refuse(path) == "not_video"
    assert refuse.tools_run == 0


@pytest.mark.reliability("A21")
@pytest.mark.parametrize("name", ["still.jpg", "still.png", "still.gif", "still.bmp", "still.webp", "still.avif"])
def test_still_picture(refuse: Refuse, make_clip: MakeClip, tmp_path: Path, name: str) -> None:
    picture = make_clip(name, "-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1")
    path = tmp_path / "clip.mp4"
    os.link(picture, path)
    assert refuse(path) == "not_video"


@pytest.mark.reliability("A22")
@pytest.mark.parametrize("name", ["sound.m4a", "sound.mp3", "sound.wav", "sound.flac", "sound.mka", "sound.ogg"])
def test_sound_only(refuse: Refuse, make_clip: MakeClip, name: str) -> None:
    assert refuse(make_clip(name, "-f", "lavfi", "-i", "sine=440:d=1")) == "no_video_stream"


@pytest.mark.reliability("A22")
def test_cover_art_is_no_video(refuse: Refuse, make_clip: MakeClip) -> None:
    cover = make_clip("cover.jpg", "-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1")
    song = make_clip(
        "song.m4a",
        *("-f", "lavfi", "-i", "sine=440:d=1", "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy"),
        *("-disposition:v:0", "attached_pic"),
    )
    assert refuse(song) == "no_video_stream"


@pytest.mark.reliability("A22")
def test_stream_without_frames(refuse: Refuse, make_clip: MakeClip) -> None:
    empty = make_clip("empty.mp4", *TwoFrames, "-frames:v", "0", "-movflags", "+empty_moov")
    assert refuse(empty) == "no_video_stream"


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
    whole = make_clip("index_last.mp4", *TwoFrames)
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole.read_bytes()[:2000])
    assert refuse(path) == "truncated"


@pytest.mark.reliability("A23")
def test_real_footage_without_an_index(refuse: Refuse, real_media: Path) -> None:
    assert refuse(real_media / "broken.mp4") == "truncated"


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
        FfmpegMediaTool(ffprobe=stuck).probe(clip, MediaLimits(), session)
    session.deadline_s = 0.0
    with pytest.raises(TransientError, match="tool_timeout"):
        FfmpegMediaTool(ffprobe=stuck).probe(clip, MediaLimits(), session)


def test_a_header_of_nonsense(refuse: Refuse, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + random.Random(2).randbytes(5000))
    assert refuse(path) == "corrupt"


def test_more_frames_than_can_be(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_duration_s=2.5, max_fps=10)) == "too_many_frames"


def test_larger_than_accepted(refuse: Refuse, clip: Path) -> None:
    assert refuse(clip, MediaLimits(max_size_bytes=1000)) == "too_large"
    assert refuse.tools_run == 0
