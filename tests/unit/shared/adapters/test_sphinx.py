from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pytest_mock import MockerFixture

from shared.adapters.sphinx import SphinxTranscriber
from shared.ports.speech import SpokenSpan
from shared.testing.sound import write_wav
from shared.testing.stage_context import FakeStageContext


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", np.zeros(16_000 * 60))


def word(text: str, start: int, end: int, posterior: float = 1.0) -> SimpleNamespace:
    return SimpleNamespace(word=text, start_frame=start, end_frame=end, prob=posterior)


def test_phrases_end_at_pauses_and_are_never_sure(audio: Path, tmp_path: Path, mocker: MockerFixture) -> None:
    decoder = mocker.patch("pocketsphinx.Decoder").return_value
    decoder.seg.return_value = [
        word("<s>", 0, 9),
        word("the(2)", 10, 19),
        word("<sil>", 20, 25),
        word("phone", 26, 59, 0.5),
        word("<sil>", 60, 99),
        word("mumble", 100, 150, 0.1),
        word("<sil>", 151, 190),
        word("by", 191, 199),
        word("[NOISE]", 200, 210),
        word("</s>", 211, 220),
    ]
    session = FakeStageContext(tmp_path)
    said = list(SphinxTranscriber().transcribe(audio, [SpokenSpan(start_s=5, end_s=8)], session))
    assert [(p.start_s, p.end_s, p.text) for p in said] == [(5.1, 5.6, "the phone"), (6.91, 7.0, "by")]
    assert [p.confidence for p in said] == [pytest.approx(0.3), pytest.approx(0.4)]
    assert session.fractions == [1.0]


def test_long_phrases_are_cut_where_a_word_begins(audio: Path, tmp_path: Path, mocker: MockerFixture) -> None:
    decoder = mocker.patch("pocketsphinx.Decoder").return_value
    decoder.seg.return_value = [word(f"word{at:02}", 10 * at, 10 * at + 9) for at in range(30)]
    said = list(
        SphinxTranscriber().transcribe(audio, [SpokenSpan(start_s=5, end_s=9)], FakeStageContext(tmp_path))
    )
    assert [len(phrase.text) for phrase in said] == [83, 83, 41]
    assert [phrase.start_s for phrase in said] == pytest.approx([5.0, 6.2, 7.4])


def test_long_spans_are_cut(audio: Path, tmp_path: Path, mocker: MockerFixture) -> None:
    decoder = mocker.patch("pocketsphinx.Decoder").return_value
    decoder.seg.return_value = None  # nothing recognised at all
    spans = [SpokenSpan(start_s=0, end_s=50)]
    assert list(SphinxTranscriber().transcribe(audio, spans, FakeStageContext(tmp_path))) == []
    heard = [call.args[0] for call in decoder.process_raw.call_args_list]
    assert len(heard) == 3
    assert sum(map(len, heard)) == 2 * 16_000 * 50
