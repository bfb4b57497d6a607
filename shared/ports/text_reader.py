"""Reading text in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.domain.framing import Box

__all__ = ["TextLine", "TextReader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text; box is x, y, width, height in 0..1 of the picture; confidence is 0..1."""

    text: str
    confidence: float
    box: Box


class TextReader(Protocol):
    """Finds and reads lines of text."""

    name: str
    version: str

    def read(self, image: Path) -> Sequence[TextLine]:
        """Returns the lines in a JPEG or PNG file, top to bottom."""
        ...
