"""Models that say what a test tells them to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from shared.domain.records import ObjectRef
from shared.domain.video import Cost
from shared.ports.speech import SpokenSpan
from shared.ports.text_reader import TextLine
from shared.ports.tool_session import ToolSession
from shared.ports.vision_model import Footage, Question, Reply, VisionModel
from shared.testing.vertex_ai import vector_of

__all__ = ["FakeEmbedder", "FakeSpeechDetector", "FakeTextReader", "FakeTranscriber", "FakeVisionModel"]


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
        languages: The only ones it knows; empty for all.
    """

    phrases: Sequence[SpokenSpan] = ()
    heard: list[Sequence[SpokenSpan]] = field(default_factory=list)
    languages: frozenset[str] = frozenset()
    name: str = "fake-transcriber"
    version: str = "1"

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        del audio
        self.heard.append(spans)
        for phrase in self.phrases:
            if any(span.start_s <= phrase.start_s < span.end_s for span in spans):
                yield phrase
        session.progress(1.0)


@dataclass
class FakeVisionModel:
    """Implements VisionModel.

    Args:
        replies: What it says, in turn; then always the last.
        usd: What each question costs; None for a model whose price is not known.
        asked: The questions, in order.
    """

    replies: Sequence[Reply] = (Reply(outcome="refused", reason="a fake knows nothing"),)
    asked: list[Question] = field(default_factory=list)
    name: str = "fake-watcher"
    parameters: str = ""
    longest_s: float = 600.0
    parallel: int = 1
    usd: float | None = 0.0
    cheaper: VisionModel | None = None

    @property
    def priced(self) -> bool:
        return self.usd is not None

    def expected_usd(self, clip_s: float, *, sound_only: bool = False) -> float | None:
        del clip_s, sound_only
        return self.usd

    @contextmanager
    def footage(self, video: ObjectRef, fetch: Callable[[], Path]) -> Iterator[Footage]:
        del fetch
        yield Footage(content_type=video.content_type, uri=f"gs://{video.bucket}/{video.name}")

    def ask(self, question: Question, session: ToolSession) -> Reply:
        session.charge(Cost(model_calls=1))
        self.asked.append(question)
        tokens = len(question.text.split())
        session.charge(Cost(input_tokens=tokens, output_tokens=1, model_usd=self.usd or 0.0))
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


@dataclass
class FakeEmbedder:
    """Implements Embedder: texts that share words are near to each other.

    Args:
        embedded: The texts it was given, in order.
    """

    dimensions: int = 32
    model: str = "fake-embedder/32"
    priced: bool = True
    embedded: list[str] = field(default_factory=list)

    def embed(
        self, texts: Sequence[str], purpose: Literal["document", "query"], session: ToolSession | None
    ) -> Sequence[tuple[float, ...]]:
        del purpose
        self.embedded += texts
        if session is not None:
            session.charge(Cost(model_calls=len(texts), input_tokens=sum(len(text.split()) for text in texts)))
        vectors = (vector_of(text, self.dimensions) for text in texts)
        return [tuple(value / math.hypot(*vector) for value in vector) for vector in vectors]
