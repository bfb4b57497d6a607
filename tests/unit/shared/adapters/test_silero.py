from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.adapters import silero
from shared.adapters.silero import SileroSpeechDetector
from shared.domain.errors import ConfigurationError
from shared.testing.sound import write_wav

RATE_HZ = 16_000


def spans(probabilities: list[float]) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _ in silero._spans(probabilities)]


def test_silence_noise_tones_and_nothing_are_not_speech(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    seconds = np.arange(3 * RATE_HZ) / RATE_HZ
    for samples in (np.zeros(48_000), rng.normal(0, 0.1, 48_000), 0.3 * np.sin(2765 * seconds), np.zeros(0)):
        assert SileroSpeechDetector().detect(write_wav(tmp_path / "sound.wav", samples)) == []


def test_speech_begins_high_ends_low_and_does_not_flicker_between() -> None:
    assert spans([0.1] * 5 + [0.9] * 10 + [0.4] * 10 + [0.1] * 20) == [(5, 25)]
    assert spans([0.4] * 40) == []


def test_short_pauses_are_bridged_and_long_ones_are_not() -> None:
    assert spans([0.9] * 10 + [0.1] * 5 + [0.9] * 10) == [(0, 25)]
    assert spans([0.9] * 10 + [0.1] * 15 + [0.9] * 10) == [(0, 10), (25, 35)]


def test_a_click_is_too_short() -> None:
    assert spans([0.1] * 10 + [0.9] * 4 + [0.1] * 20) == []


def test_the_confidence_is_the_mean_probability_of_what_was_spoken() -> None:
    [(_, _, confidence)] = silero._spans([0.8, 0.6] * 10)
    assert confidence == pytest.approx(0.7)


def test_blocks_change_nothing(real_media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tmp_path / "sound.wav"
    ffmpeg = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    source = real_media / "pixel8_en_combo_0_v.mp4"
    command = [ffmpeg, "-v", "error", "-i", source, "-vn", "-ac", "1", "-ar", "16000", sound]
    subprocess.run(command, check=True)
    whole = list(SileroSpeechDetector()._probabilities(sound))
    monkeypatch.setattr(silero, "_BLOCK", 7 * silero._WINDOW)
    in_blocks = list(SileroSpeechDetector()._probabilities(sound))
    assert in_blocks == pytest.approx(whole, abs=1e-3)
    assert max(whole) > 0.9


def test_the_model_is_found_without_loading_the_package_that_carries_it(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "sound.wav", np.zeros(RATE_HZ))
    program = (
        "import sys; from pathlib import Path; from shared.adapters.silero import SileroSpeechDetector; "
        "assert 'onnxruntime' not in sys.modules; "
        "SileroSpeechDetector().detect(Path(sys.argv[1])); "
        "sys.exit('faster_whisper' in sys.modules)"
    )
    root = Path(silero.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program, sound], cwd=root, check=False).returncode == 0


def test_a_missing_model_is_a_fault_of_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(silero, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as raised:
        SileroSpeechDetector().detect(write_wav(tmp_path / "sound.wav", np.zeros(RATE_HZ)))
    assert raised.value.code == "speech_model_missing"
