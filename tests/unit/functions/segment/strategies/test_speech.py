from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from functions.segment.strategies.speech import SpeechSegmenter
from shared.ports.speech import SpokenSpan
from shared.testing.models import FakeSpeechDetector
from shared.testing.videos import media_info


def test_spans_of_the_detector_become_segments_within_the_video() -> None:
    spans = (SpokenSpan(start_s=1.0, end_s=2.0, confidence=0.7), SpokenSpan(start_s=9.0, end_s=11.0))
    segmenter = SpeechSegmenter(cast("Any", SimpleNamespace(speech_detector=FakeSpeechDetector(spans))))
    segmenter.start(media_info(duration_s=10.0))
    segmenter.observe_audio(Path("sound.wav"))
    first, second = segmenter.finish()
    assert (first.kind, first.index, first.start_s, first.end_s, first.confidence) == ("speech", 0, 1.0, 2.0, 0.7)
    assert (second.index, second.end_s, second.producer) == (1, 10.0, "fake-detector")


def test_what_is_heard_after_the_end_is_left_out() -> None:
    detector = FakeSpeechDetector((SpokenSpan(start_s=10.0, end_s=11.0),))
    segmenter = SpeechSegmenter(cast("Any", SimpleNamespace(speech_detector=detector)))
    segmenter.start(media_info(duration_s=10.0))
    segmenter.observe_audio(Path("sound.wav"))
    assert segmenter.finish() == []


def test_without_sound_the_detector_is_never_loaded_and_nothing_of_the_last_video_is_left() -> None:
    segmenter = SpeechSegmenter(cast("Any", SimpleNamespace()))
    segmenter.start(media_info(audio=()))
    assert segmenter.finish() == []
