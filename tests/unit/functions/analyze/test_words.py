from __future__ import annotations

from pathlib import Path

import pytest

from functions.analyze.strategies.words import WordsAnalyzer
from shared.domain.records import Segment
from shared.ports.speech import SpokenSpan
from shared.testing.models import FakeTranscriber
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import audio_stream, media_info
from tests.unit.functions.analyze.studio import RunningClock, analysis_input, ports


def speech(start_s: float, end_s: float) -> Segment:
    return Segment(kind="speech", index=0, start_s=start_s, end_s=end_s, producer="speech", producer_version="1")


def test_phrases_become_findings_within_the_video(tmp_path: Path) -> None:
    transcriber = FakeTranscriber(
        [
            SpokenSpan(start_s=1, end_s=2, text="only phone", confidence=0.3),
            SpokenSpan(start_s=5, end_s=6, text="not in a span"),
            SpokenSpan(start_s=9, end_s=11, text="to the end"),
            SpokenSpan(start_s=10.5, end_s=11, text="after the end"),
        ]
    )
    video = analysis_input(tmp_path, segments=[speech(0, 3), speech(9, 12)])
    findings = list(WordsAnalyzer(ports(transcriber=transcriber)).analyze(video))
    assert [(f.value, f.start_s, f.end_s, f.confidence) for f in findings] == [
        ("only phone", 1, 2, 0.3),
        ("to the end", 9, 10, 1.0),
    ]
    assert findings[0].producer_version == "2 fake-transcriber 1"


def test_the_language_is_told_where_it_was_heard(tmp_path: Path) -> None:
    phrases = [
        SpokenSpan(start_s=1, end_s=2, text="guten Tag", language="de", language_confidence=0.9),
        SpokenSpan(start_s=5, end_s=11, text="auf Wiedersehen", language="de", language_confidence=0.9),
    ]
    video = analysis_input(tmp_path, segments=[speech(0, 10)])
    *words, language = WordsAnalyzer(ports(transcriber=FakeTranscriber(phrases))).analyze(video)
    assert [word.name for word in words] == ["words", "words"]
    assert (language.name, language.value, language.confidence) == ("speech_language", "de", 0.9)
    assert (language.start_s, language.end_s, language.modality) == (1, 10, "speech")


def test_who_cannot_tell_languages_apart_names_none(tmp_path: Path) -> None:
    video = analysis_input(tmp_path, segments=[speech(0, 3)])
    findings = WordsAnalyzer(
        ports(transcriber=FakeTranscriber([SpokenSpan(start_s=1, end_s=2, text="hello")]))
    ).analyze(video)
    assert [finding.name for finding in findings] == ["words"]


@pytest.mark.parametrize(
    ("told", "listens"), [("ger", False), ("deu", False), ("eng", True), ("en", True), ("und", True)]
)
def test_words_of_another_language_are_not_made_up(tmp_path: Path, told: str, listens: bool) -> None:
    transcriber = FakeTranscriber(
        [SpokenSpan(start_s=1, end_s=2, text="hello")], languages=frozenset({"en", "eng"})
    )
    session = FakeStageContext(tmp_path)
    media = media_info(duration_s=10.0, audio=(audio_stream(language=told),))
    video = analysis_input(tmp_path, segments=[speech(0, 3)], media=media, session=session)
    assert len(list(WordsAnalyzer(ports(transcriber=transcriber)).analyze(video))) == listens
    assert [caveat.code for caveat in session.caveats] == ([] if listens else ["speech_not_understood"])


def test_nobody_listens_where_nobody_speaks(tmp_path: Path) -> None:
    transcriber = FakeTranscriber()
    analyzer = WordsAnalyzer(ports(transcriber=transcriber))
    assert not list(analyzer.analyze(analysis_input(tmp_path, segments=[])))
    assert not list(analyzer.analyze(analysis_input(tmp_path, segments=[speech(0, 3)], audio=None)))
    assert transcriber.heard == []


def test_when_time_runs_out_the_rest_is_left_and_people_are_told(tmp_path: Path) -> None:
    phrases = [SpokenSpan(start_s=second, end_s=second + 1, text=f"word {second}") for second in range(9)]
    session = RunningClock(tmp_path, deadline_s=6)
    video = analysis_input(tmp_path, segments=[speech(0, 10)], session=session)
    findings = list(WordsAnalyzer(ports(transcriber=FakeTranscriber(phrases))).analyze(video))
    assert len(findings) == 4
    assert [caveat.code for caveat in session.caveats] == ["speech_partly_heard"]
    assert "after 4 s" in session.caveats[0].detail
