"""What is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from shared.domain.records import Finding
from shared.ports.speech import SpokenSpan
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.processors.strategy import StrategyPorts

__all__ = ["WordsAnalyzer"]

_TIME_SHARE: Final = 2 / 3  # of what is left when it begins; the rest is for the analyzers that follow


class WordsAnalyzer(Analyzer):
    """Has the spans in which somebody speaks written down."""

    name: ClassVar[str] = "words"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._transcriber = ports.transcriber

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        spans = [
            SpokenSpan(start_s=segment.start_s, end_s=segment.end_s, confidence=segment.confidence)
            for segment in video.segments
            if segment.kind == "speech"
        ]
        if video.audio is None or not spans:
            return
        stop_at_remaining_s = video.session.remaining_s() * (1 - _TIME_SHARE)
        for phrase in self._transcriber.transcribe(video.audio, spans, video.session):
            yield from self._findings(phrase, video.media.duration_s)
            if video.session.remaining_s() < stop_at_remaining_s:
                video.caveat(
                    "speech_partly_heard",
                    f"Speech after {phrase.end_s:.0f} s was not written down: time was running out.",
                )
                return

    def _findings(self, phrase: SpokenSpan, duration_s: float) -> Iterable[Finding]:
        if phrase.start_s < duration_s:
            yield Finding(
                name="words",
                modality="speech",
                value=phrase.text,
                start_s=phrase.start_s,
                end_s=min(phrase.end_s, duration_s),
                confidence=phrase.confidence,
                producer=self.name,
                producer_version=f"{self.version} {self._transcriber.name} {self._transcriber.version}",
            )
