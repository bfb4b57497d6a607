"""Hearing where people speak and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.ports.tool_session import ToolSession

__all__ = ["SpeechDetector", "SpokenSpan", "Transcriber"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenSpan:
    """Something said.

    Attributes:
        start_s: First instant.
        end_s: First instant after it.
        text: Its words; empty if speech was only detected.
        confidence: How sure that is, 0..1.
        language: ISO 639-1 code of the language that was heard; ``und`` from who can't tell one from another.
        language_confidence: How sure that is, 0..1.
    """

    start_s: float
    end_s: float
    text: str = ""
    confidence: float = 1.0
    language: str = "und"
    language_confidence: float = 0.0


class SpeechDetector(Protocol):
    """Tells speech from other sound."""

    name: str
    version: str

    def detect(self, audio: Path) -> Sequence[SpokenSpan]:
        """Returns spans in which somebody speaks, in order.

        Args:
            audio: WAV, 16 kHz, mono, 16 bit.
        """
        ...


class Transcriber(Protocol):
    """Writes down what is said.

    Attributes:
        languages: ISO 639 codes of the only languages it knows, of two and of three letters; empty if it tells by
            itself which one is spoken.
    """

    name: str
    version: str
    languages: frozenset[str]

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        """Yields phrases with their words, in order.

        Args:
            audio: WAV, 16 kHz, mono, 16 bit.
            spans: Where speech was detected; nothing else is listened to.
            session: Deadline and progress.
        """
        ...
