"""What the models that come with the packages hear in speech whose words and times are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from shared.adapters.silero import SileroSpeechDetector
from shared.adapters.sphinx import SphinxTranscriber
from shared.ports.speech import SpokenSpan
from shared.testing.sound import write_wav
from shared.testing.stage_context import FakeStageContext
from tests.media.sounds import MUSIC, NO_MUSIC, Samples, at_level
from tests.media.spoken import SENTENCES, Talk, talk, word_errors
from tests.result_table import ResultTable

_STEP_S = 0.01


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    columns = ("what", "who", "found", "right", "wrong words")
    table = ResultTable(
        tmp_path_factory,
        "heard",
        columns,
        "What is heard where words and times are known; found and right are shares of seconds",
    )
    yield table
    table.write()


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("talk"))


def _with(said: Talk, kind: str, below_db: float) -> Samples:
    """Returns a talk with something below it, that much quieter than what is said."""
    if not kind:
        return said.samples
    rng = np.random.default_rng(7)
    other = {**MUSIC, **NO_MUSIC}[kind](rng, len(said.samples) / 16_000)[: len(said.samples)]
    return said.samples + at_level(other, -20 - below_db)


@pytest.mark.parametrize(
    ("kind", "below_db", "least_found", "least_right"),
    [("", 0, 0.97, 0.9), ("pink noise", 20, 0.95, 0.9), ("pink noise", 10, 0.9, 0.85), ("band", 15, 0.9, 0.85)],
)
def test_speech_is_found_where_it_is(
    english: Talk,
    tmp_path: Path,
    table: ResultTable,
    kind: str,
    below_db: float,
    least_found: float,
    least_right: float,
) -> None:
    spans = SileroSpeechDetector().detect(write_wav(tmp_path / "a.wav", _with(english, kind, below_db)))
    found, right = _overlap(english.spans_s, [(span.start_s, span.end_s) for span in spans])
    what = f"{kind} {below_db:g} dB below" if kind else "nothing else"
    table.add(what, "silero-vad", f"{found:.3f}", f"{right:.3f}", "")
    assert found >= least_found
    assert right >= least_right


@pytest.mark.parametrize(
    ("voice", "sentences", "most_wrong"),
    # What it was made from are people's voices: of a synthetic one it knows hardly a word.
    [("flite:slt", 10, 0.15), ("flite:kal", 10, 0.25), ("en-us", 3, 0.95)],
)
def test_what_is_said_is_written_down(
    tmp_path: Path, table: ResultTable, voice: str, sentences: int, most_wrong: float
) -> None:
    said = talk(tmp_path, SENTENCES[:sentences], voice=voice)
    phrases, found, right = _written_down(said, tmp_path)
    wrong = word_errors(said.text, " ".join(phrase.text for phrase in phrases))
    table.add(f"English, {voice}", "silero-vad, pocketsphinx", f"{found:.3f}", f"{right:.3f}", f"{wrong:.2f}")
    assert found >= 0.95
    assert right >= 0.9
    assert wrong <= most_wrong
    assert max(phrase.confidence for phrase in phrases) <= 0.4
    for phrase in phrases:
        assert any(
            start_s - 0.3 <= phrase.start_s and phrase.end_s <= end_s + 0.3 for start_s, end_s in said.spans_s
        )


@pytest.mark.parametrize("voice", ["de", "fr"])
def test_another_language_comes_out_as_words_that_nobody_said(
    tmp_path: Path, table: ResultTable, voice: str
) -> None:
    """Why nothing is written down where the file names another language, and why nothing is ever sure."""
    said = talk(tmp_path, SENTENCES[:3], voice=voice)
    phrases, found, right = _written_down(said, tmp_path)
    words = " ".join(phrase.text for phrase in phrases)
    table.add(
        f"voice {voice}",
        "silero-vad, pocketsphinx",
        f"{found:.3f}",
        f"{right:.3f}",
        f"{len(words.split())} made up",
    )
    assert words
    assert found >= 0.95
    assert max(phrase.confidence for phrase in phrases) <= 0.4
    assert {phrase.language for phrase in phrases} == {"und"}


def _written_down(said: Talk, folder: Path) -> tuple[list[SpokenSpan], float, float]:
    audio = write_wav(folder / "a.wav", said.samples)
    spans = SileroSpeechDetector().detect(audio)
    phrases = list(SphinxTranscriber().transcribe(audio, spans, FakeStageContext(folder)))
    return phrases, *_overlap(said.spans_s, [(span.start_s, span.end_s) for span in spans])


def _overlap(
    expected_s: Sequence[tuple[float, float]], found_s: Sequence[tuple[float, float]], slack_s: float = 0.2
) -> tuple[float, float]:
    """Returns the share of what was to be found that was, and of what was found that is right within a slack."""
    length_s = max(end_s for _, end_s in [*expected_s, *found_s]) + 1
    wanted, there, near = (
        _steps(spans, length_s, widened_s)
        for spans, widened_s in ((expected_s, 0.0), (found_s, 0.0), (expected_s, slack_s))
    )
    return float((wanted & there).sum() / wanted.sum()), float((there & near).sum() / there.sum())


def _steps(spans_s: Sequence[tuple[float, float]], length_s: float, widened_s: float) -> npt.NDArray[np.bool_]:
    steps = np.zeros(round(length_s / _STEP_S), bool)
    for start_s, end_s in spans_s:
        steps[max(round((start_s - widened_s) / _STEP_S), 0) : round((end_s + widened_s) / _STEP_S)] = True
    return steps
