"""Recordings without pictures through ingest and transcode on real tools, in every container."""

from __future__ import annotations

import random
import subprocess
import wave
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.adapters.ffmpeg.guard import check_complete
from shared.adapters.ffmpeg.streams import Span
from shared.domain.errors import PermanentError, TransientError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Record, Rendition
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info
from tests.media.refusals import Refuse
from tests.media.transcodes import MakeClip
from tests.media.whole_run import transcoded

pytestmark = pytest.mark.reliability("A22")

# A second of silence, then a second of a tone.
TONE = ("-f", "lavfi", "-i", "aevalsrc=0.5*sin(2*PI*440*t)*gte(t\\,1):s=48000:d=2")
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=3", "-map", "0", "-map", "1")
COVER = (*_PICTURE, "-vf", "trim=end_frame=1")
ATTACHED = ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-disposition:v:0", "attached_pic")

# Name, FFmpeg's arguments, the codec that must be found, whether the file says where its sound begins exactly.
CONTAINERS: tuple[tuple[str, tuple[str, ...], str, bool], ...] = (
    ("tagged.mp3", ("-metadata", "title=A talk"), "mp3", True),
    ("bare.mp3", ("-id3v2_version", "0", "-write_xing", "0"), "mp3", False),
    ("low.mp3", ("-ar", "22050", "-ac", "1", "-b:a", "32k"), "mp3", True),
    ("cover.mp3", (*COVER, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), "mp3", True),
    ("cover_png.mp3", (*COVER, "-c:v", "png"), "mp3", True),
    ("sound.mp2", (), "mp2", False),
    ("sound.m4a", (), "aac", True),
    ("cover.m4a", (*COVER, *ATTACHED), "aac", True),
    ("lossless.m4a", ("-c:a", "alac"), "alac", True),
    ("fragmented.mp4", ("-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"), "aac", False),
    ("sound.aac", (), "aac", False),
    ("tagged.aac", ("-write_id3v2", "1"), "aac", False),
    ("sound.wav", (), "pcm_s16le", True),
    ("deep.wav", ("-c:a", "pcm_f32le"), "pcm_f32le", True),
    ("large.wav", ("-rf64", "always"), "pcm_s16le", True),
    ("sound.flac", (), "flac", True),
    ("cover.flac", (*COVER, *ATTACHED), "flac", True),
    ("sound.ogg", ("-c:a", "libvorbis"), "vorbis", True),
    ("sound.opus", ("-c:a", "libopus"), "opus", True),
    ("sound.mka", ("-c:a", "libvorbis"), "vorbis", True),
    ("sound.webm", ("-c:a", "libopus"), "opus", True),
    ("sound.wma", (), "wmav2", False),
    ("sound.aiff", (), "pcm_s16be", True),
    ("little.aifc", ("-c:a", "pcm_s16le", "-f", "aiff"), "pcm_s16le", True),
    ("sound.ac3", (), "ac3", False),
    ("sound.eac3", (), "eac3", False),
    ("sound.ts", ("-c:a", "aac"), "aac", False),
    ("sound.mpg", ("-c:a", "mp2"), "mp2", False),
    ("sound.avi", ("-c:a", "mp3"), "mp3", False),
    ("sound.flv", ("-c:a", "mp3"), "mp3", False),
)


@dataclass(frozen=True)
class Heard:
    """What became of a recording."""

    media: MediaInfo
    context: FakeStageContext
    records: Sequence[Record]

    @property
    def renditions(self) -> dict[str, Rendition]:
        return {one.kind: one for one in self.records if isinstance(one, Rendition)}

    @property
    def files(self) -> dict[str, Path]:
        return {one.role: self.context.stored(one.object) for one in self.records if isinstance(one, Artifact)}


def process(path: Path, folder: Path) -> Heard:
    """Takes a file through ingest and transcode."""
    context = FakeStageContext(folder)
    records = transcoded(path, context)
    assert context.media is not None
    return Heard(context.media, context, records)


def samples_of(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns a file's sound as a player has it: 48 kHz, mono."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", f"file:{path}", "-ac", "1", "-ar", "48000"]
    raw = subprocess.run([*command, "-f", "s16le", "-"], check=True, capture_output=True, timeout=60).stdout
    return np.frombuffer(raw, "<i2") / 32768


def onset_s(samples: np.ndarray[Any, np.dtype[np.float64]], rate_hz: int) -> float:
    """Returns when it becomes loud."""
    return float(np.argmax(np.abs(samples) > 0.2)) / rate_hz


@pytest.mark.parametrize(("name", "arguments", "codec", "exact"), CONTAINERS, ids=[each[0] for each in CONTAINERS])
def test_every_container_becomes_a_stream_and_a_file(
    make_clip: MakeClip, tmp_path: Path, name: str, arguments: tuple[str, ...], codec: str, exact: bool
) -> None:
    heard = process(make_clip(name, *TONE, *arguments), tmp_path)
    assert heard.media.kind == "audio"
    assert [stream.codec for stream in heard.media.audio] == [codec]
    assert heard.media.duration_s == pytest.approx(2.0, abs=0.1)

    assert {kind: (one.name, one.codec, one.width) for kind, one in heard.renditions.items()} == {
        "audio": ("audio", "aac", None),
        "mp4": ("audio", "aac", None),
    }
    assert set(heard.files) == {"hls", "dash", "media_playlist", "analysis_audio", "waveform", "sound_levels"}
    assert not heard.context.caveats
    assert [one.value for one in heard.records if isinstance(one, Choice) and one.subject == "mode"] == [
        "sound alone"
    ]
    for rendition in heard.renditions.values():
        assert rendition.object.content_type == "audio/mp4"
        assert rendition.object.name.endswith(".m4a")
        assert rendition.duration_s == pytest.approx(2.0, abs=0.1)
        samples = samples_of(heard.context.stored(rendition.object))
        assert onset_s(samples, 48_000) == pytest.approx(1.0, abs=0.01 if exact else 0.06)
    with wave.open(str(heard.files["analysis_audio"])) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, 16_000, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
    assert onset_s(samples, 16_000) == pytest.approx(1.0, abs=0.01 if exact else 0.06)


def test_the_streams_name_sound_and_nothing_else(make_clip: MakeClip, tmp_path: Path) -> None:
    heard = process(make_clip("sound.flac", *TONE), tmp_path)
    master, manifest = heard.files["hls"].read_text(), heard.files["dash"].read_text()
    assert master.count("#EXT-X-STREAM-INF:") == 1
    assert 'CODECS="mp4a.40.2"' in master
    assert "RESOLUTION" not in master
    assert "audio.m3u8" in master
    assert 'contentType="audio"' in manifest
    assert 'contentType="video"' not in manifest
    playlist = heard.files["media_playlist"].read_text()
    lengths = [float(line[8:].split(",")[0]) for line in playlist.splitlines() if line.startswith("#EXTINF")]
    assert sum(lengths) == pytest.approx(heard.renditions["audio"].duration_s, abs=0.05)


EMPTY_PICTURE = (*_PICTURE, "-vf", "select=0", "-c:v", "libx264", "-c:a", "aac")


def test_sound_beside_a_picture_stream_without_frames(make_clip: MakeClip, tmp_path: Path) -> None:
    both = make_clip("both.mp4", *TONE, *EMPTY_PICTURE, "-movflags", "+empty_moov+frag_keyframe")
    ask = (str(bundled("ffprobe")), "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0")
    listed = subprocess.run([*ask, str(both)], check=True, capture_output=True, text=True, timeout=60).stdout
    assert "video" in listed
    heard = process(both, tmp_path)
    assert heard.media.kind == "audio"
    assert "mp4" in heard.renditions


@pytest.mark.reliability("A23")
@pytest.mark.parametrize(("frames", "whole"), [({}, True), ({"nb_frames": "50"}, False)])
def test_pictures_that_are_declared_must_be_there(frames: dict[str, str], *, whole: bool) -> None:
    """All of the sound may be there, for it may lie before the pictures."""
    picture = {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 64, "height": 48, "duration": "2"}
    sound = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2, "duration": "2"}
    header = {"streams": [picture | frames, sound], "format": {"duration": "2"}}
    media = media_info(duration_s=2.0, video=())
    with nullcontext() if whole else pytest.raises(PermanentError, match="truncated"):
        check_complete(header, "mov", {1: Span(first_s=0.0, end_s=2.0, packets=94)}, media)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sound.mp3", ()),
        ("cover.mp3", (*COVER, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
        ("sound.m4a", ("-movflags", "+faststart")),
        ("sound.wav", ()),
        ("large.wav", ("-rf64", "always")),
        ("sound.flac", ()),
        ("sound.aiff", ()),
        ("sound.mka", ()),
        ("sound.wma", ()),
    ],
)
@pytest.mark.reliability("A23")
def test_cut_off(
    refuse: Refuse, make_clip: MakeClip, tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    noise = ("-f", "lavfi", "-i", "anoisesrc=d=10:r=48000:a=0.5")
    content = make_clip(name, *noise, *arguments).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * 0.7)])
    assert refuse(path) == "truncated"


def test_a_length_that_was_only_guessed_refuses_nothing(
    make_clip: MakeClip, tmp_path: Path, tool: FfmpegMediaTool, session: FakeStageContext
) -> None:
    """Frames of 32 kbit/s first, then of 320: by the first ones the file would last several times as long."""
    bare = ("-id3v2_version", "0", "-write_xing", "0", "-ar", "48000")
    slow = make_clip("slow.mp3", *TONE, *bare, "-b:a", "32k")
    fast = make_clip("fast.mp3", "-f", "lavfi", "-i", "anoisesrc=d=8:r=48000", *bare, "-b:a", "320k")
    path = tmp_path / "both.mp3"
    path.write_bytes(slow.read_bytes() + fast.read_bytes())
    media = tool.probe(path, MediaLimits(max_duration_s=12), session)
    assert media.duration_s == pytest.approx(10.0, abs=0.2)


def test_a_recording_of_unknown_size_is_whole(
    make_clip: MakeClip, tmp_path: Path, tool: FfmpegMediaTool, session: FakeStageContext
) -> None:
    """Recorders that can't go back leave the size open."""
    content = bytearray(make_clip("sound.wav", *TONE).read_bytes())
    content[4:8] = b"\xff" * 4
    data = content.index(b"data")
    content[data + 4 : data + 8] = b"\xff" * 4
    path = tmp_path / "open.wav"
    path.write_bytes(content)
    assert tool.probe(path, MediaLimits(), session).duration_s == pytest.approx(2.0, abs=0.01)


@pytest.mark.reliability("A20")
@pytest.mark.parametrize("begin", [b"\xff\xfb\x90\x00", b"\xff\xf1\x50\x80", b"\xff\xfe", b"ID3\x04\0\0\0\0\0\0"])
def test_one_header_of_sound_before_anything_is_no_recording(refuse: Refuse, tmp_path: Path, begin: bytes) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes(begin + random.Random(5).randbytes(50_000))
    assert refuse(path) == "not_video"
    assert refuse.tools_run == 0


@pytest.mark.reliability("A1")
@pytest.mark.parametrize("hidden", ["clip", "playlist"])
def test_nothing_but_sound_comes_after_a_tag(refuse: Refuse, clip: Path, tmp_path: Path, hidden: str) -> None:
    """What a tag would hide from the checks of movies and playlists is not looked at."""
    content = clip.read_bytes() if hidden == "clip" else b"#EXTM3U\nhttp://127.0.0.1/segment.ts\n"
    path = tmp_path / "sound.mp3"
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + content)
    assert refuse(path) == "not_video"
    assert refuse.tools_run == 0


def test_a_stretch_of_sound(make_clip: MakeClip, tmp_path: Path) -> None:
    heard = process(make_clip("sound.flac", *TONE), tmp_path)
    stretch = tmp_path / "stretch.m4a"
    sound = heard.context.stored(heard.renditions["audio"].object)
    FfmpegMediaTool().excerpt(sound, (0.5, 1.5), stretch, heard.context)
    samples = samples_of(stretch)
    assert len(samples) / 48_000 == pytest.approx(1.0, abs=0.05)
    assert onset_s(samples, 48_000) == pytest.approx(0.5, abs=0.03)


def test_no_stretch_of_what_is_no_sound(tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    with pytest.raises(TransientError, match="tool_failed"):
        FfmpegMediaTool().excerpt(silent, (0.0, 1.0), tmp_path / "none.m4a", FakeStageContext(tmp_path))


def pcm(path: Path, samples: int, *, channels: int = 1, rate_hz: int = 16_000) -> Path:
    """Writes a WAV file of any shape."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(b"\x11\x11" * channels * samples)
    return path


@pytest.mark.parametrize(
    ("samples", "channels", "rate_hz"),
    [(48_000, 24, 48_000), (44_100, 3, 44_100), (4_000, 2, 4_000), (192_000, 2, 192_000), (100, 1, 16_000)],
    ids=["24 channels", "3 channels", "4 kHz", "192 kHz", "6 ms"],
)
def test_sound_of_any_shape(tmp_path: Path, samples: int, channels: int, rate_hz: int) -> None:
    heard = process(pcm(tmp_path / "odd.wav", samples, channels=channels, rate_hz=rate_hz), tmp_path)
    (stream,) = heard.media.audio
    assert (stream.channels, stream.sample_rate_hz) == (channels, rate_hz)
    assert heard.media.duration_s == pytest.approx(samples / rate_hz, abs=0.001)
    assert set(heard.renditions) == {"audio", "mp4"}


def test_a_recording_of_nothing(refuse: Refuse, tmp_path: Path) -> None:
    assert refuse(pcm(tmp_path / "empty.wav", 0)) == "no_video_stream"
