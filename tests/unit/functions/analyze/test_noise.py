from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from functions.analyze.strategies.noise import NoiseAnalyzer
from shared.domain.records import Finding, Segment, SegmentKind
from shared.testing.sound import write_wav
from shared.testing.videos import media_info
from tests.unit.functions.analyze.studio import analysis_input, ports

RATE_HZ = 16_000
Wave = npt.NDArray[np.float64]


def at_s(length_s: float) -> Wave:
    return np.arange(round(length_s * RATE_HZ)) / RATE_HZ


def syllables(length_s: float) -> Wave:
    """Returns what has the rise and fall of speech: a buzz, four times a second."""
    at = at_s(length_s)
    buzz = np.sum([np.sin(2 * np.pi * 130 * number * at) / number for number in range(1, 25)], axis=0)
    return np.asarray(0.1 * buzz * np.maximum(np.sin(2 * np.pi * 4 * at), 0))


def noise(length_s: float, dbfs: float) -> Wave:
    return np.random.default_rng(3).normal(0, 10 ** (dbfs / 20), round(length_s * RATE_HZ))


def hum(length_s: float, mains_hz: float, dbfs: float) -> Wave:
    at = at_s(length_s)
    wave = np.sum([np.sin(2 * np.pi * mains_hz * number * at) / number for number in (1, 2, 3, 4)], axis=0)
    return np.asarray(wave * 10 ** (dbfs / 20))


def span(kind: SegmentKind, start_s: float, end_s: float) -> Segment:
    return Segment(kind=kind, index=0, start_s=start_s, end_s=end_s, producer="test", producer_version="1")


def found(folder: Path, samples: Wave, *segments: Segment) -> list[Finding]:
    audio = write_wav(folder / "audio.wav", samples)
    media = media_info(duration_s=len(samples) / RATE_HZ)
    video = analysis_input(folder, segments=segments, audio=audio, media=media)
    return list(NoiseAnalyzer(ports()).analyze(video))


def test_clean_speech_has_no_problem(tmp_path: Path) -> None:
    assert found(tmp_path, syllables(20) + noise(20, -75), span("speech", 0, 20)) == []


def test_noise_is_a_problem_where_somebody_speaks(tmp_path: Path) -> None:
    quiet_then_noisy = syllables(40) + np.concatenate([noise(20, -75), noise(20, -28)])
    (one,) = found(tmp_path, quiet_then_noisy, span("speech", 0, 40))
    assert (one.name, one.start_s, one.end_s) == ("sound_noise", 20.0, 40.0)
    assert one.value == pytest.approx(-28, abs=2)
    assert one.reason
    assert found(tmp_path, quiet_then_noisy) == []  # rain is no problem
    assert found(tmp_path, quiet_then_noisy, span("speech", 0, 40), span("music", 20, 40)) == []


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_the_mains_are_heard(tmp_path: Path, mains_hz: float) -> None:
    (one,) = found(tmp_path, syllables(20) + noise(20, -70) + hum(20, mains_hz, -45), span("speech", 0, 20))
    assert (one.name, one.value, one.start_s, one.end_s) == ("sound_hum", mains_hz, 0.0, 20.0)


def test_a_hum_nobody_hears_and_one_low_note_are_none(tmp_path: Path) -> None:
    assert found(tmp_path, syllables(20) + noise(20, -50) + hum(20, 50, -85)) == []
    note = 0.1 * np.sin(2 * np.pi * 50 * at_s(20))
    assert found(tmp_path, note + noise(20, -70)) == []
    melody = np.concatenate([hum(1, hz, -20) for hz in (49.0, 55.0, 61.7, 65.4) * 5])
    assert found(tmp_path, melody + noise(20, -70)) == []


def test_what_is_too_short_says_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, hum(3.9, 50, -20)) == []
    assert found(tmp_path, np.zeros(0)) == []
    assert found(tmp_path, np.zeros(20 * RATE_HZ), span("speech", 0, 20)) == []


def test_without_sound_there_is_nothing_to_hear(tmp_path: Path) -> None:
    assert not list(NoiseAnalyzer(ports()).analyze(analysis_input(tmp_path, audio=None)))
