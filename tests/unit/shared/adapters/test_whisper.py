from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pytest_mock import MockerFixture

from shared.adapters.whisper import WhisperTranscriber
from shared.domain.errors import ConfigurationError
from shared.ports.speech import SpokenSpan
from shared.testing.sound import write_wav
from shared.testing.stage_context import FakeStageContext


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "base.en"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).touch()
    return folder


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", np.repeat(np.arange(60) * 512, 16_000))


def phrase(
    start: float, end: float, text: str, avg_logprob: float = 0.0, no_speech: float = 0.0
) -> SimpleNamespace:
    return SimpleNamespace(start=start, end=end, text=text, avg_logprob=avg_logprob, no_speech_prob=no_speech)


def test_the_model_is_loaded_from_its_folder_alone(model_dir: Path, mocker: MockerFixture) -> None:
    load = mocker.patch("faster_whisper.WhisperModel")
    WhisperTranscriber(model_dir, threads=3)
    load.assert_called_once_with(
        str(model_dir), device="cpu", compute_type="int8", cpu_threads=3, local_files_only=True
    )


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json"])
def test_an_incomplete_folder_is_refused_before_anything_could_be_fetched(
    model_dir: Path, missing: str, mocker: MockerFixture
) -> None:
    load = mocker.patch("faster_whisper.WhisperModel")
    (model_dir / missing).unlink()
    with pytest.raises(ConfigurationError, match=missing):
        WhisperTranscriber(model_dir)
    load.assert_not_called()


def test_a_model_that_cannot_be_loaded_is_the_deployments_fault(model_dir: Path) -> None:
    with pytest.raises(ConfigurationError, match="whisper_model_unusable"):
        WhisperTranscriber(model_dir)  # the real SDK, on empty files


def test_spans_are_heard_joined_and_told_in_the_videos_time(
    model_dir: Path, audio: Path, tmp_path: Path, mocker: MockerFixture
) -> None:
    model = mocker.patch("faster_whisper.WhisperModel").return_value
    model.transcribe.side_effect = [
        (
            [phrase(1.0, 3.0, " one"), phrase(6.0, 9.0, " two", math.log(0.5), 0.2)],
            SimpleNamespace(language="de", language_probability=0.8),
        ),
        ([phrase(0.0, 99.0, " three")], SimpleNamespace(language="de", language_probability=1.0)),
    ]
    session = FakeStageContext(tmp_path)
    spans = [SpokenSpan(start_s=10, end_s=15), SpokenSpan(start_s=20, end_s=25), SpokenSpan(start_s=30, end_s=55)]
    said = list(WhisperTranscriber(model_dir).transcribe(audio, spans, session))

    assert [(p.start_s, p.end_s, p.text) for p in said] == [(11, 13, "one"), (21, 24, "two"), (30, 55, "three")]
    assert said[1].confidence == pytest.approx(0.5 * 0.8)
    # The second window was not asked: it is told which one it is.
    assert {(p.language, p.language_confidence) for p in said} == {("de", 0.8)}
    first, second = model.transcribe.call_args_list
    assert len(first.args[0]) == 10 * 16_000
    assert len(second.args[0]) == 25 * 16_000
    assert (first.args[0][0], second.args[0][0]) == (10 * 512 / 2**15, 30 * 512 / 2**15)
    assert (first.kwargs["language"], second.kwargs["language"]) == (None, "de")
    assert session.fractions == [pytest.approx(10 / 35), 1.0]
