"""Files that would have a tool read or fetch something else, built here, refused by the real tools."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.errors import PermanentError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.refusals import Refuse, probed_apart
from tests.media.transcodes import MakeClip


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
    verdict, peak_bytes = probed_apart(path, tmp_path / "apart")
    assert verdict == "accepted"
    assert peak_bytes < 512 << 20
