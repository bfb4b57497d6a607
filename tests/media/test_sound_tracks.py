"""Several sound tracks and where everything is in time, from the source to every player's entrance."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.records import Artifact, Choice, Record, Rendition
from shared.testing.stage_context import FakeStageContext
from tests.media.sync import FLASH, beep, beep_s, flash_s, played
from tests.media.transcodes import H264, PICTURE, MakeClip
from tests.media.whole_run import transcoded

Process = Callable[[Path], tuple[Record, ...]]

_AAC = ("-c:a", "aac")
_MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@pytest.fixture
def process(session: FakeStageContext) -> Process:
    return lambda path: transcoded(path, session)


def test_a_second_picture_is_not_left_out_silently(
    process: Process, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """As where a broadcast's programme changes; a cover that says it is one is none."""
    cover = ("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04")
    maps = ("-map", "0", "-map", "1", "-map", "2", "-disposition:v:2", "attached_pic")
    process(make_clip("two.mp4", *PICTURE, *PICTURE, *cover, *maps, *H264, "-c:v:2", "mjpeg"))
    (caveat,) = session.caveats
    assert (caveat.code, "2 tracks" in caveat.detail) == ("picture_tracks_left_out", True)


def _tone(hz: int) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine={hz}:d=2")


def _file(records: tuple[Record, ...], session: FakeStageContext, role: str) -> Path:
    return next(session.stored(one.object) for one in records if isinstance(one, Artifact) and one.role == role)


def _sounds(records: tuple[Record, ...]) -> list[Rendition]:
    return [one for one in records if isinstance(one, Rendition) and one.kind == "audio"]


def _hz(path: Path, stream: str) -> float:
    pcm = played(path, "-map", f"0:{stream}", "-ac", "1", "-ar", "48000", "-f", "f32le", "pipe:1")
    return float(np.argmax(np.abs(np.fft.rfft(np.frombuffer(pcm, np.float32)[24_000:72_000]))))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("plain.mp4", (*FLASH, *beep(), *H264, *_AAC)),
        ("late_sound.mkv", (*FLASH, "-itsoffset", "0.5", *beep(1.5), *H264, "-c:a", "libopus")),
        ("late_picture.mkv", ("-itsoffset", "0.4", *FLASH, *beep(2.4), *H264, "-c:a", "flac")),
        ("stream.ts", (*FLASH, *beep(), *H264, *_AAC)),
        ("short_sound.mp4", (*FLASH, *beep(2.0, 2.5), *H264, *_AAC)),
        ("long_sound.mp4", (*FLASH, *beep(2.0, 6.0), *H264, *_AAC)),
        ("gap.mkv", (*FLASH, *beep(), *H264, "-af", "aselect='not(between(t,0.5,1.5))'", "-c:a", "pcm_s16le")),
        ("mp3.avi", (*FLASH, *beep(), "-c:v", "mpeg4", "-c:a", "libmp3lame")),
        ("ac3.mkv", (*FLASH, *beep(), *H264, "-c:a", "ac3")),
    ],
)
def test_flash_and_beep_are_one_in_every_stream(
    process: Process, session: FakeStageContext, make_clip: MakeClip, name: str, source: tuple[str, ...]
) -> None:
    """Picture and sound are asked for apart, as a player does; the packager's file is the same in HLS and DASH."""
    path = make_clip(name, *source)
    records = process(path)
    files = {(one.kind, one.name): session.stored(one.object) for one in records if isinstance(one, Rendition)}
    offset_s = beep_s(path) - flash_s(path)
    assert abs(offset_s) < 0.03  # coders of sound smear a beginning; the clip is as right as it can be
    download = files[("mp4", "120p")]
    streams = [
        (files[("video", "120p")], files[("audio", "audio")]),
        (download, download),
        (_file(records, session, "hls"), _file(records, session, "hls")),
        (_file(records, session, "dash"), _file(records, session, "dash")),
        (_file(records, session, "hls").with_name("120p.m3u8"), files[("audio", "audio")]),
    ]
    for pictures, sound in streams:
        assert beep_s(sound) - flash_s(pictures) == pytest.approx(offset_s, abs=0.010)


def test_priming_is_signalled(process: Process, session: FakeStageContext, clip: Path) -> None:
    """The encoder's first 1,024 samples are nothing of the source's: an edit list takes them away."""
    (sound,) = [session.stored(one.object) for one in _sounds(process(clip))]
    command = [str(bundled("ffprobe")), "-v", "error", "-show_entries", "packet=pts", "-of", "csv=p=0"]
    lines = subprocess.run([*command, str(sound)], check=True, capture_output=True, text=True, timeout=60).stdout
    assert [int(line.strip(",")) for line in lines.split()[:3]] == [-1024, 0, 1024]


@pytest.fixture
def three_tracks(make_clip: MakeClip) -> Path:
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger")
    default = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:a")
    return make_clip(
        "three.mkv", *PICTURE, *_tone(400), *_tone(800), *_tone(1600), *maps, *H264, *_AAC, *languages, *default
    )


def test_every_track_is_there_in_its_language(
    process: Process, tool: FfmpegMediaTool, session: FakeStageContext, three_tracks: Path
) -> None:
    records = process(three_tracks)
    sounds = _sounds(records)
    assert [one.name for one in sounds] == ["audio", "audio-eng", "audio-3"]
    assert [one.language for one in sounds] == ["ger", "eng", "und"]
    assert [_hz(session.stored(one.object), "a:0") for one in sounds] == pytest.approx([800, 400, 1600], abs=2)
    assert all(one.source_loudness and one.source_loudness.integrated_lufs for one in sounds)
    (download,) = [one for one in records if isinstance(one, Rendition) and one.kind == "mp4"]
    path = session.stored(download.object)
    assert [stream.language for stream in tool.inspect(path, session).audio] == ["ger", "eng", "und"]
    assert [_hz(path, f"a:{number}") for number in range(3)] == pytest.approx([800, 400, 1600], abs=2)
    choices = [one for one in records if isinstance(one, Choice) and one.subject.startswith("sound")]
    assert [one.subject for one in choices] == ["sound", "sound audio-eng", "sound audio-3"]
    assert all("dB" in one.value and "LUFS" in one.reason for one in choices)


def test_players_are_offered_every_track(process: Process, session: FakeStageContext, three_tracks: Path) -> None:
    records = process(three_tracks)
    master = _file(records, session, "hls").read_text()
    media = [line for line in master.splitlines() if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO")]
    assert [re.findall(r'LANGUAGE="(\w+)"', line) for line in media] == [["de"], ["en"], []]
    assert ["DEFAULT=YES" in line for line in media] == [True, False, False]
    assert len({re.findall(r'NAME="([^"]+)"', line)[0] for line in media}) == 3
    root = ET.fromstring(_file(records, session, "dash").read_text())
    sets = [one for one in root.iter(f"{_MPD}AdaptationSet") if one.get("contentType") == "audio"]
    assert sorted(one.get("lang", "") for one in sets) == ["", "de", "en"]
    roles = {one.get("lang", ""): one.find(f"{_MPD}Role") for one in sets}
    assert {lang: role.get("value") for lang, role in roles.items() if role is not None} == {
        "de": "main",
        "en": "alternate",
        "": "alternate",
    }


def test_two_tracks_of_one_language_stay_two(
    process: Process, session: FakeStageContext, make_clip: MakeClip
) -> None:
    languages = [part for number in range(3) for part in (f"-metadata:s:a:{number}", "language=ger")]
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:a")
    path = make_clip("same.mkv", *PICTURE, *_tone(400), *_tone(800), *_tone(1600), *maps, *H264, *_AAC, *languages)
    records = process(path)
    names = [one.name for one in _sounds(records)]
    assert names == ["audio", "audio-ger", "audio-ger-3"]
    root = ET.fromstring(_file(records, session, "dash").read_text())
    sets = [one for one in root.iter(f"{_MPD}AdaptationSet") if one.get("contentType") == "audio"]
    assert [len(one.findall(f"{_MPD}Representation")) for one in sets] == [1, 1, 1]


def test_tracks_of_a_transport_stream_keep_their_places(
    process: Process, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """The second track begins before all others: whoever didn't read it would count from another time."""
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a")
    late = ("-itsoffset", "0.5", *FLASH, "-itsoffset", "0.5", *beep(2.0))
    path = make_clip("early.ts", *late, *beep(2.5), *maps, *H264, *_AAC)
    records = process(path)
    files = {(one.kind, one.name): session.stored(one.object) for one in records if isinstance(one, Rendition)}
    flashes_s = flash_s(files[("video", "120p")])
    for track in ("audio", "audio-2"):
        assert beep_s(files[("audio", track)]) == pytest.approx(flashes_s, abs=0.030)
    assert beep_s(files[("audio", "audio")]) == pytest.approx(beep_s(files[("audio", "audio-2")]), abs=0.010)


def test_only_so_many_tracks_are_made(process: Process, session: FakeStageContext, make_clip: MakeClip) -> None:
    maps = [part for _ in range(10) for part in ("-map", "1:a")]
    path = make_clip("ten.mkv", *PICTURE, *_tone(400), "-map", "0:v", *maps, *H264, *_AAC)
    records = process(path)
    assert len(_sounds(records)) == 8
    assert [caveat.code for caveat in session.caveats] == ["sound_tracks_left_out"]


def test_the_waveform_is_that_of_the_sound(
    process: Process, session: FakeStageContext, make_clip: MakeClip
) -> None:
    source = "aevalsrc='if(lt(t,1),0,0.5*sin(2*PI*440*t))':d=2:s=48000"
    path = make_clip("half.mkv", *PICTURE, "-f", "lavfi", "-i", source, *H264, "-c:a", "flac")
    peaks = json.loads(_file(process(path), session, "waveform").read_text())
    data = peaks.pop("data")
    assert peaks == {
        "version": 2,
        "channels": 1,
        "sample_rate": 16000,
        "samples_per_pixel": 160,
        "bits": 8,
        "length": 200,
    }
    assert len(data) == 400
    assert set(data[:190]) <= {0, -1}
    assert min(data[210:]) == pytest.approx(-64, abs=2)
    assert max(data[210:]) == pytest.approx(63, abs=2)
