"""Models that say what a test tells them to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.ports.speech import SpokenSpan
from shared.ports.text_reader import TextLine
from shared.ports.tool_session import ToolSession

__all__ = ["FakeSpeechDetector", "FakeTextReader", "FakeTranscriber"]


@dataclass
class FakeTextReader:
    """Implements TextReader.

    Args:
        lines: A picture's file name -> what stands in it, in any order; other pictures are empty.
        read_names: File names of the pictures it was shown, in order.
    """

    lines: Mapping[str, Sequence[TextLine]] = field(default_factory=dict)
    read_names: list[str] = field(default_factory=list)
    name: str = "fake-reader"
    version: str = "1"

    def read(self, image: Path) -> Sequence[TextLine]:
        self.read_names.append(image.name)
        return sorted(self.lines.get(image.name, ()), key=lambda line: (line.box[1], line.box[0]))


@dataclass
class FakeSpeechDetector:
    """Implements SpeechDetector.

    Args:
        spans: What it detects in every sound.
    """

    spans: Sequence[SpokenSpan] = ()
    name: str = "fake-detector"
    version: str = "1"

    def detect(self, audio: Path) -> Sequence[SpokenSpan]:
        del audio
        return self.spans


@dataclass
class FakeTranscriber:
    """Implements Transcriber.

    Args:
        phrases: What is said in every sound; it hears those that begin within the spans given.
        heard: The spans it was given, call by call.
    """

    phrases: Sequence[SpokenSpan] = ()
    heard: list[Sequence[SpokenSpan]] = field(default_factory=list)
    name: str = "fake-transcriber"
    version: str = "1"

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        del audio
        self.heard.append(spans)
        for phrase in self.phrases:
            if any(span.start_s <= phrase.start_s < span.end_s for span in spans):
                yield phrase
        session.progress(1.0)
