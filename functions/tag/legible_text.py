"""Which of the lines that were read are fit to be shown to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from shared.domain.records import Finding

__all__ = ["TITLE_HEIGHT", "height", "legible"]

TITLE_HEIGHT: Final = 0.06
"""Share of the picture's height from which a line stands out as a title."""

_MIN_CONFIDENCE: Final = 0.97  # a line read with less has a wrong letter too often
_SMALL_PRINT: Final = 0.022
_EDGE: Final = 0.01  # a line that reaches so near to the left or right edge is probably cut off there


def legible(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Returns the lines of text that were read surely and whole, without the small print."""
    return [finding for finding in findings if finding.name == "text" and _is_legible(finding)]


def height(line: Finding) -> float:
    """Returns a line's height as a share of the picture's; 0 when unknown."""
    return line.box[3] if line.box else 0.0


def _is_legible(line: Finding) -> bool:
    if line.box is None:
        return line.confidence >= _MIN_CONFIDENCE
    left, _, width, tall = line.box
    whole = left >= _EDGE and left + width <= 1 - _EDGE
    return line.confidence >= _MIN_CONFIDENCE and whole and tall >= _SMALL_PRINT
