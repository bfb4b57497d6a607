"""What is said, and in which language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from shared.domain.records import Finding
from shared.ports.speech import SpokenSpan
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.processors.strategy import StrategyPorts

__all__ = ["WordsAnalyzer"]

_TIME_SHARE: Final = 2 / 3  # of what is left when it begins; the rest is for the analyzers that follow


class WordsAnalyzer(Analyzer):
    """Has the spans in which somebody speaks written down, unless the file says they are in another language."""

    name: ClassVar[str] = "words"
    version: ClassVar[str] = "2"

    def __init__(self, ports: StrategyPorts) -> None:
        self._transcriber = ports.transcriber

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        spans = [
            SpokenSpan(start_s=segment.start_s, end_s=segment.end_s, confidence=segment.confidence)
            for segment in video.segments
            if segment.kind == "speech"
        ]
        if video.audio is None or not spans or not self._understands(video):
            return
        heard: dict[str, list[SpokenSpan]] = defaultdict(list)
        for phrase in self._heard(video, video.audio, spans):
            if phrase.start_s < video.media.duration_s:
                yield self._finding("words", phrase.text, phrase.confidence, [phrase], video)
                heard[phrase.language].append(phrase)
        heard.pop("und", None)
        for language, phrases in heard.items():
            sure = max(phrase.language_confidence for phrase in phrases)
            yield self._finding("speech_language", language, sure, phrases, video)

    def _understands(self, video: AnalysisInput) -> bool:
        """Tells whether the transcriber knows the language, and tells people if it does not.

        A transcriber writes down what is said in another language all the same, as words that nobody said.
        """
        language = video.media.audio[0].language if video.media.audio else "und"
        known = self._transcriber.languages
        if not known or language == "und" or language in known:
            return True
        video.caveat(
            "speech_not_understood",
            f"The file says that its sound is in {language!r}, and {self._transcriber.name} knows only "
            f"{', '.join(sorted(known))}: what is said was not written down.",
        )
        return False

    def _heard(self, video: AnalysisInput, audio: Path, spans: Sequence[SpokenSpan]) -> Iterator[SpokenSpan]:
        stop_at_remaining_s = video.session.remaining_s() * (1 - _TIME_SHARE)
        for phrase in self._transcriber.transcribe(audio, spans, video.session):
            yield phrase
            if video.session.remaining_s() < stop_at_remaining_s:
                video.caveat(
                    "speech_partly_heard",
                    f"Speech after {phrase.end_s:.0f} s was not written down: time was running out.",
                )
                return

    def _finding(
        self, name: str, value: str, confidence: float, phrases: Sequence[SpokenSpan], video: AnalysisInput
    ) -> Finding:
        return Finding(
            name=name,
            modality="speech",
            value=value,
            start_s=phrases[0].start_s,
            end_s=min(max(phrase.end_s for phrase in phrases), video.media.duration_s),
            confidence=confidence,
            producer=self.name,
            producer_version=f"{self.version} {self._transcriber.name} {self._transcriber.version}",
        )
