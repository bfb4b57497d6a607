"""Loudness against signals whose loudness is known by definition, and against FFmpeg's own summary."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from shared.adapters.ffmpeg.loudness import measure_loudness
from shared.adapters.ffmpeg.programs import Programs
from shared.adapters.sandbox import ToolLimits
from shared.domain.errors import TransientError
from shared.domain.media import Loudness
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip

_LIE = "none\nlavfi.r128.I=1\nlavfi.r128.true_peak=nothing"

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def sound(path: Path, source: str) -> Path:
    """Renders 4 s of a sound that FFmpeg's filters describe, as AAC in MP4."""
    command = [
        FFMPEG,
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        source,
        "-t",
        "4",
        "-c:a",
        "aac",
        "-b:a",
        "256k",
        str(path),
    ]
    subprocess.run(command, check=True)
    return path


def loudness_of(path: Path, session: FakeStageContext) -> Loudness:
    (measured,) = measure_loudness(Programs(), [path], session, ToolLimits())
    return measured


@pytest.fixture
def session(tmp_path: Path) -> FakeStageContext:
    return FakeStageContext(tmp_path)


def test_a_sine_at_full_scale_on_both_sides_is_at_zero(tmp_path: Path, session: FakeStageContext) -> None:
    """BS.1770: 997 Hz at 0 dBFS on one side is -3.01 LUFS; both sides and 20 dB less give -20."""
    stereo = "aevalsrc='0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t)':s=48000"
    measured = loudness_of(sound(tmp_path / "sine.m4a", stereo), session)
    assert measured.integrated_lufs == pytest.approx(-20.0, abs=0.3)
    assert measured.true_peak_dbtp == pytest.approx(-20.0, abs=0.5)
    assert measured.range_lu == pytest.approx(0.0, abs=0.2)


def test_the_meter_agrees_with_its_own_summary(tmp_path: Path, session: FakeStageContext) -> None:
    path = sound(tmp_path / "noise.m4a", "anoisesrc=a=0.2:c=pink:s=1:r=48000,volume='0.2+0.2*t':eval=frame")
    measured = loudness_of(path, session)
    command = [
        FFMPEG,
        "-hide_banner",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true:framelog=quiet",
        "-f",
        "null",
        "-",
    ]
    summary = subprocess.run(command, check=True, capture_output=True, text=True).stderr

    def said(name: str) -> float:
        (value,) = re.findall(rf"^\s+{name}:\s+(-?[\d.]+)", summary, re.MULTILINE)
        return float(value)

    assert measured.integrated_lufs == pytest.approx(said("I"), abs=0.3)
    assert measured.range_lu == pytest.approx(said("LRA"), abs=0.3)
    assert measured.true_peak_dbtp == pytest.approx(said("Peak"), abs=0.3)


def test_silence_has_no_loudness(tmp_path: Path, session: FakeStageContext) -> None:
    measured = loudness_of(sound(tmp_path / "silence.m4a", "anullsrc=r=48000"), session)
    assert (measured.integrated_lufs, measured.true_peak_dbtp) == (None, None)


def test_a_file_without_sound_is_an_error_with_its_log(tmp_path: Path, session: FakeStageContext) -> None:
    (tmp_path / "none.m4a").write_bytes(b"nothing")
    with pytest.raises(TransientError, match="tool_failed") as raised:
        loudness_of(tmp_path / "none.m4a", session)
    assert raised.value.log_tail


def test_a_sound_shorter_than_what_the_meter_waits_for(
    make_clip: MakeClip, tmp_path: Path, session: FakeStageContext
) -> None:
    click = make_clip("click.wav", "-f", "lavfi", "-i", "sine=440:d=0.05:r=48000")
    measured = loudness_of(click, session)
    assert measured.integrated_lufs is None, "there is no whole block of 0.4 s"
    assert measured.true_peak_dbtp is not None


def test_what_a_file_says_of_itself_is_no_measurement(make_clip: MakeClip, session: FakeStageContext) -> None:
    """A live stream's next song comes with words of its own, which FFmpeg hands on with the frames."""
    tone = ("-f", "lavfi", "-i", "sine=997:d=2:r=48000,volume=-2dB", "-c:a", "libvorbis", "-ac", "2")
    songs = [make_clip("song.ogg", *tone, "-metadata", f"x={said}") for said in ("1", _LIE)]
    chained = songs[0].with_name("chained.ogg")
    chained.write_bytes(b"".join(song.read_bytes() for song in songs))
    measured, alone = loudness_of(chained, session), loudness_of(songs[0], session)
    assert measured.integrated_lufs == pytest.approx(alone.integrated_lufs, abs=0.3)
    assert measured.true_peak_dbtp == pytest.approx(alone.true_peak_dbtp, abs=0.3)
