"""Ingest and transcode on real tools: what is stored plays, in time, and is what its record says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.packager import ShakaPackager
from shared.domain.encoding import Rung, SoundTrack
from shared.domain.errors import PermanentError, TransientError
from shared.domain.media import Loudness
from shared.domain.records import Artifact, Record, Rendition
from shared.ports.encoder import EncodedRung, EncodedTrack
from shared.ports.packager import Packaging
from shared.testing.stage_context import FakeStageContext
from tests.media.streams_check import check_rates
from tests.media.sync import FLASH, beep, beep_s, flash_s
from tests.media.transcodes import MakeClip
from tests.media.whole_run import transcoded, whole_stage

_H264 = ("-c:v", "libx264", "-preset", "veryfast")


class Processed:
    """A source after ingest and transcode."""

    def __init__(self, context: FakeStageContext, records: tuple[Record, ...]) -> None:
        self.context = context
        self.renditions = [record for record in records if isinstance(record, Rendition)]
        self.artifacts = [record for record in records if isinstance(record, Artifact)]

    def files(self, kind: str) -> list[Path]:
        return [self.context.stored(found.object) for found in self.renditions if found.kind == kind]

    def artifact(self, role: str) -> Path:
        (found,) = [found for found in self.artifacts if found.role == role]
        return self.context.stored(found.object)


@pytest.fixture
def process(session: FakeStageContext) -> Callable[[Path], Processed]:
    return lambda path: Processed(session, transcoded(path, session))


@pytest.mark.parametrize(
    ("name", "source", "flashes_s", "beeps_s"),
    [
        ("plain.mp4", (*FLASH, *beep(), *_H264, "-c:a", "aac"), 2.0, 2.0),
        ("late_picture.mp4", ("-itsoffset", "0.5", *FLASH, *beep(), *_H264, "-c:a", "aac"), 2.52, 2.0),
        ("late_sound.mp4", (*FLASH, "-itsoffset", "0.3", *beep(), *_H264, "-c:a", "aac"), 2.0, 2.3),
        ("stream.ts", (*FLASH, *beep(), *_H264, "-c:a", "aac"), 2.0232, 2.0232),
        ("opus.mkv", (*FLASH, *beep(), *_H264, "-c:a", "libopus"), 2.0, 2.0),
    ],
)
def test_sound_stays_with_the_picture(
    process: Callable[[Path], Processed],
    make_clip: MakeClip,
    name: str,
    source: tuple[str, ...],
    flashes_s: float,
    beeps_s: float,
) -> None:
    done = process(make_clip(name, *source))
    for file in (*done.files("video"), *done.files("mp4"), done.artifact("proxy")):
        assert flash_s(file) == pytest.approx(flashes_s, abs=0.005)
    for file in (*done.files("audio"), *done.files("mp4"), done.artifact("analysis_audio")):
        assert beep_s(file) == pytest.approx(beeps_s, abs=0.005)


def test_records_say_what_the_files_are(process: Callable[[Path], Processed], make_clip: MakeClip) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=9", "-f", "lavfi", "-i", "sine=440:d=9")
    done = process(make_clip("ladder.mp4", *source, *_H264))
    assert [(found.kind, found.name) for found in done.renditions] == [
        *(("video", "360p"), ("video", "240p"), ("audio", "audio"), ("mp4", "360p")),
    ]
    for found in done.renditions:
        path = done.context.stored(found.object)
        entries = "format=duration:stream=codec_name,width,height,avg_frame_rate,nb_read_packets"
        command = [str(bundled("ffprobe")), "-v", "error", "-count_packets", "-show_entries", entries]
        lines = subprocess.run(
            [*command, "-of", "default=nw=1", str(path)], check=True, capture_output=True, text=True, timeout=60
        ).stdout.splitlines()
        # A folder tells the media type by the extension alone.
        assert found.object.content_type == {".mp4": "video/mp4", ".m4a": "audio/mp4"}[path.suffix]
        said = dict(line.split("=") for line in reversed(lines))  # the first stream's win
        assert said["codec_name"] == found.codec
        assert float(said["duration"]) == pytest.approx(found.duration_s)
        assert found.bitrate_bps == pytest.approx(path.stat().st_size * 8 / found.duration_s, rel=0.001)
        if found.kind != "audio":
            assert (int(said["width"]), int(said["height"])) == (found.width, found.height)
            assert int(said["nb_read_packets"]) == found.frames == 225
            assert said["avg_frame_rate"] == "25/1"
    assert {found.role for found in done.artifacts} == {
        *("hls", "dash", "iframes", "media_playlist", "poster", "storyboard", "storyboard_vtt", "proxy"),
        *("analysis_audio", "waveform", "sound_levels"),
    }


def test_streams_are_cut_alike(process: Callable[[Path], Processed], make_clip: MakeClip) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=9", "-f", "lavfi", "-i", "sine=440:d=9")
    done = process(make_clip("ladder.mp4", *source, *_H264))
    master = done.artifact("hls").read_text()
    playlists = {found.object.name for found in done.artifacts if found.role in {"media_playlist", "iframes"}}
    named = re.findall(r'^(?!#)(\S+)$|URI="([^"]+)"', master, re.MULTILINE)
    assert {f"stream/{plain or quoted}" for plain, quoted in named} == playlists
    durations = []
    for rung in ("360p", "240p"):
        text = (done.artifact("hls").parent / f"{rung}.m3u8").read_text()
        durations.append([float(found) for found in re.findall(r"#EXTINF:([\d.]+)", text)])
        assert f'URI="{rung}.mp4",BYTERANGE' in text
    assert durations[0] == durations[1] == [4.0, 4.0, 1.0]
    manifest = done.artifact("dash").read_text()
    files = ("360p.mp4", "240p.mp4", "audio.m4a")
    assert all(f"<BaseURL>{file}</BaseURL>" in manifest for file in files)


def test_uneven_frames_have_true_durations(process: Callable[[Path], Processed], make_clip: MakeClip) -> None:
    uneven = "setpts=if(lt(N\\,60)\\,N/25/TB\\,(2.4+(N-60)*0.12)/TB)"
    source = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4", "-vf", uneven, "-fps_mode", "passthrough")
    done = process(make_clip("uneven_long.mp4", *source, *_H264))
    text = (done.artifact("hls").parent / "240p.m3u8").read_text()
    durations = [float(found) for found in re.findall(r"#EXTINF:([\d.]+)", text)]
    assert sum(durations) == pytest.approx(7.2, abs=0.001)
    assert durations[0] == pytest.approx(4.08, abs=0.001)


def test_without_sound(process: Callable[[Path], Processed], make_clip: MakeClip) -> None:
    done = process(make_clip("mute.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=1", *_H264))
    assert [(found.kind, found.name) for found in done.renditions] == [("video", "240p"), ("mp4", "240p")]
    assert "analysis_audio" not in {found.role for found in done.artifacts}


def test_damage_is_told(process: Callable[[Path], Processed], make_clip: MakeClip, tmp_path: Path) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2", "-c:v", "mpeg4")
    content = bytearray(make_clip("soft.avi", *source).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
    path = tmp_path / "damaged.avi"
    path.write_bytes(content)
    done = process(path)
    assert [caveat.code for caveat in done.context.caveats] == ["decode_errors"]


def test_nothing_is_stored_unless_all_is_right(
    process: Callable[[Path], Processed], session: FakeStageContext, make_clip: MakeClip, mocker: MockerFixture
) -> None:
    """A packager that mixes up two streams."""
    package = ShakaPackager.package

    def mixed_up(*arguments: Any) -> Packaging:
        packaging = package(*arguments)
        first, second, *others = packaging.streams
        swapped = (replace(first, path=second.path), replace(second, path=first.path), *others)
        return replace(packaging, streams=swapped)

    mocker.patch.object(ShakaPackager, "package", mixed_up)
    source = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=1")
    with pytest.raises(TransientError, match="bad_output"):
        process(make_clip("short_ladder.mp4", *source, *_H264))
    assert not (session.folder / "outputs").exists()


def test_never_measured(tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext) -> None:
    stage = whole_stage(tool, encoder, ShakaPackager())
    with pytest.raises(PermanentError, match="not_ingested"):
        stage.run(session)


@pytest.mark.reliability("B14")
@pytest.mark.parametrize(
    "leaves", ["true", ": > master.m3u8", 'for f in master.m3u8 1p.m3u8; do echo x > "$f"; done']
)
def test_a_packager_that_leaves_too_little(
    session: FakeStageContext, clip: Path, tmp_path: Path, leaves: str
) -> None:
    """On a full disk it ends with 0 all the same."""
    program = tmp_path / "packager"
    program.write_text(f"#!/bin/sh\n{leaves}\n")
    program.chmod(0o755)
    rung = Rung(name="1p", width=160, height=120, max_bitrate_bps=1, crf=1)
    with pytest.raises(TransientError, match="packaging_failed"):
        ShakaPackager(program).package(
            [EncodedRung(rung=rung, path=clip)], (), (), 4.0, session.workspace, session
        )


def test_folders_of_any_name(session: FakeStageContext, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a, b=c|d e" / "stream"
    folder.mkdir(parents=True)
    source = folder.parent / "clip.mp4"
    os.link(clip, source)
    rung = Rung(name="120p", width=160, height=120, max_bitrate_bps=1, crf=1)
    track = SoundTrack(index=1, name="audio", language="und", channels=1)
    silent = Loudness(integrated_lufs=None, range_lu=0.0, true_peak_dbtp=None)
    sound = EncodedTrack(track=track, path=source, source=silent)
    packaging = ShakaPackager().package([EncodedRung(rung=rung, path=source)], [sound], (), 4.0, folder, session)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name
        for path in (
            *(packaging.hls, packaging.dash, *packaging.playlists, *packaging.iframes),
            *(stream.path for stream in packaging.streams),
        )
    )


_REAL = {
    "ChromeCast.mp4": ["676p", "480p", "360p", "240p"],
    "audiovideo.mov": ["480p", "360p", "240p"],
    "awesome_movie.mov": ["480p", "240p"],  # so easy that 360p would spare nobody anything
    "bear-vp9-opus.webm": ["240p"],
    "test5seconds.electricsheep.300x400.ogv": ["300p", "240p"],
    "vertical_video_from_iphone.mov": ["1080p", "720p", "480p", "360p", "240p"],
}


@pytest.mark.parametrize("name", _REAL)
def test_real_footage(process: Callable[[Path], Processed], real_media: Path, name: str) -> None:
    done = process(real_media / name)
    assert [found.name for found in done.renditions if found.kind == "video"] == _REAL[name]
    assert not done.context.caveats
    check_rates(done.artifact("hls"))
