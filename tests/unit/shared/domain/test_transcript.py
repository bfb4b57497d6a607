from __future__ import annotations

import itertools
from typing import Any

import pytest

from shared.domain.records import Finding
from shared.domain.transcript import Line, Transcript, transcript_of
from shared.testing.videos import audio_stream, media_info


def said(text: Any, start_s: float = 0.0, end_s: float = 2.0, **values: Any) -> Finding:
    defaults: dict[str, Any] = {"name": "words", "modality": "speech", "confidence": 0.5, "producer": "words"}
    return Finding(value=text, start_s=start_s, end_s=end_s, producer_version="1", **(defaults | values))


def test_lines_are_in_order_and_nothing_else_is_a_line() -> None:
    findings = [
        said("second", 2.0, 3.0),
        said("first", 0.0, 1.5, confidence=0.4),
        said("shown", name="text", modality="text"),
        said(" "),
        said(3.0),
    ]
    transcript = transcript_of(findings, None)
    assert transcript.producer == "words"
    assert transcript.lines == (
        Line(start_s=0.0, end_s=1.5, text="first", confidence=0.4),
        Line(start_s=2.0, end_s=3.0, text="second", confidence=0.5),
    )
    assert transcript_of([], None) == Transcript(lines=(), producer="", language=None)


@pytest.mark.parametrize(
    ("words", "gemini", "chosen"),
    [
        ((10.0, 0.3), (9.0, 0.9), "gemini"),  # as much, and surer
        ((60.0, 0.3), (10.0, 0.9), "words"),  # a few sure words are no transcript
        ((10.0, 0.5), (10.0, 0.5), "gemini"),  # by name
    ],
)
def test_who_heard_most_counts(words: tuple[float, float], gemini: tuple[float, float], chosen: str) -> None:
    findings = [
        said("a", 0.0, words[0], confidence=words[1]),
        said("b", 0.0, gemini[0], confidence=gemini[1], producer="gemini"),
    ]
    assert transcript_of(findings, None).producer == chosen
    assert transcript_of(findings[::-1], None).producer == chosen


@pytest.mark.parametrize(
    ("told", "language"), [("eng", "eng"), ("en", "en"), ("und", None), ('en",URI="x', None), ("", None)]
)
def test_the_language_is_what_the_file_says(told: str, language: str | None) -> None:
    media = media_info(audio=(audio_stream(language=told), audio_stream(index=2, language="fra")))
    assert transcript_of([said("a")], media).language == language
    assert transcript_of([said("a")], media_info(audio=())).language is None


def test_a_language_that_was_heard_counts_more_than_what_the_file_says() -> None:
    media = media_info(audio=(audio_stream(language="eng"),))
    heard = [
        said("de", 0.0, 9.0, name="speech_language", confidence=0.9),
        said("fr", 0.0, 5.0, name="speech_language", confidence=0.95),
    ]
    assert transcript_of([said("a"), *heard], media).language == "de"
    none = said('de",URI="//evil.example', 0.0, 9.0, name="speech_language", confidence=0.9)
    assert transcript_of([none], media_info(audio=())).language is None, "it goes into manifests"
    unsure = said("de", 0.0, 9.0, name="speech_language", confidence=0.4)
    assert transcript_of([said("a"), unsure], media).language == "eng"


@pytest.mark.parametrize(("first", "second", "rough"), [(0.9, 0.4, False), (0.9, 0.05, True), (0.4, 0.4, True)])
def test_what_is_rather_wrong_than_right_is_rough(first: float, second: float, rough: bool) -> None:
    findings = [said("a", 0.0, 2.0, confidence=first), said("b", 2.0, 4.0, confidence=second)]
    assert transcript_of(findings, None).rough is rough
    assert not transcript_of([], None).rough


def test_long_lines_become_captions_that_can_be_read() -> None:
    text = " ".join(f"word{at:03}" for at in range(40))
    captions = list(transcript_of([said(text, 10.0, 50.0)], None).captions())
    assert " ".join(caption.text for caption in captions) == text
    assert max(len(caption.text) for caption in captions) <= 84
    assert captions[0].start_s == 10.0
    assert captions[-1].end_s == pytest.approx(50.0)
    for one, other in itertools.pairwise(captions):
        assert one.start_s < one.end_s == other.start_s


def test_a_line_without_length_is_shown_all_the_same() -> None:
    (caption,) = transcript_of([said("a", 1.0, 1.0)], None).captions()
    assert caption.end_s > caption.start_s
