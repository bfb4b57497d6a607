"""Speech: spans in which somebody speaks, as the speech detector hears it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.processors.segmenter import Segmenter
from shared.processors.strategy import StrategyPorts

__all__ = ["SpeechSegmenter"]


class SpeechSegmenter(Segmenter):
    """Finds spans of speech; the detector is loaded with the first video that has sound."""

    name: ClassVar[str] = "speech"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._ports = ports

    def start(self, media: MediaInfo) -> None:
        self._duration_s = media.duration_s
        self._found: list[Segment] = []

    def observe_audio(self, audio: Path) -> None:
        detector = self._ports.speech_detector
        self._found = [
            Segment(
                kind="speech",
                index=index,
                start_s=span.start_s,
                end_s=min(span.end_s, self._duration_s),
                confidence=span.confidence,
                producer=detector.name,
                producer_version=detector.version,
            )
            for index, span in enumerate(detector.detect(audio))
            if span.start_s < self._duration_s
        ]

    def finish(self) -> Sequence[Segment]:
        return self._found
