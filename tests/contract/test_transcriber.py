"""What every Transcriber does that can be had here; Whisper needs a model that only a user has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.adapters.sphinx import SphinxTranscriber
from shared.ports.speech import SpokenSpan, Transcriber
from shared.testing.models import FakeTranscriber
from shared.testing.sound import write_wav
from shared.testing.stage_context import FakeStageContext


@pytest.fixture(params=["sphinx", "fake"])
def transcriber(request: pytest.FixtureRequest) -> Transcriber:
    return SphinxTranscriber() if request.param == "sphinx" else FakeTranscriber()


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "noise.wav", np.random.default_rng(1).integers(-300, 300, 32_000))


def test_nothing_is_said_outside_of_the_spans(transcriber: Transcriber, noise: Path, tmp_path: Path) -> None:
    assert list(transcriber.transcribe(noise, [], FakeStageContext(tmp_path))) == []


def test_phrases_lie_in_the_spans_and_progress_ends_at_one(
    transcriber: Transcriber, noise: Path, tmp_path: Path
) -> None:
    session = FakeStageContext(tmp_path)
    for said in transcriber.transcribe(noise, [SpokenSpan(start_s=0.5, end_s=1.5)], session):
        assert 0.5 <= said.start_s < said.end_s <= 1.5
        assert 0 <= said.confidence <= 1
    assert session.fractions[-1] == 1


def test_it_says_which_transcriber_it_is(transcriber: Transcriber) -> None:
    assert transcriber.name
    assert transcriber.version
