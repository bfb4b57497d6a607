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
    """Something said: a span in seconds, its words (empty if only detected) and a confidence 0..1."""

    start_s: float
    end_s: float
    text: str = ""
    confidence: float = 1.0


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
    """Writes down what is said."""

    name: str
    version: str

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        """Yields phrases with their words, in order.

        Args:
            audio: WAV, 16 kHz, mono, 16 bit.
            spans: Where speech was detected; nothing else is listened to.
            session: Deadline and progress.
        """
        ...
