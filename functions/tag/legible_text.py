"""Which of the lines that were read are fit to be shown to people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from shared.domain.plain_text import plain_text
from shared.domain.records import Finding

__all__ = ["TITLE_HEIGHT", "height", "legible", "letter_size", "quotable", "same_size", "standing"]

TITLE_HEIGHT: Final = 0.06
"""Share of the picture's height from which a line stands out as a title."""

_MIN_CONFIDENCE: Final = 0.97  # a line read with less has a wrong letter too often
_IS_TEXT: Final = 0.8  # what was read with less may be a pattern, and no text at all
_SMALL_PRINT: Final = 0.022
_EDGE: Final = 0.01  # a line that reaches so near to the left or right edge is probably cut off there
_TALL: Final = re.compile(r"[^\W_acegm-su-z]")
_DEEP: Final = re.compile(r"[gjpqy,;()\[\]]")
_LOW_HEIGHT: Final = 0.9  # of the box of a line like "errors", in heights of that of a capital: boxes have margins
_DEPTH: Final = 0.25  # what letters that reach below the line add to it
_SAME_SIZE: Final = 1.15


def legible(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Returns the lines of text that were read surely and whole, without the small print."""
    return [line for line in standing(findings) if line.confidence >= _MIN_CONFIDENCE]


def standing(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Returns the lines of text that are there as a whole, even if some letters may be others; no small print."""
    return [finding for finding in findings if finding.name == "text" and _stands(finding)]


def height(line: Finding) -> float:
    """Returns a line's height as a share of the picture's; 0 when unknown."""
    return line.box[3] if line.box else 0.0


def letter_size(line: Finding) -> float:
    """Returns how high a capital of a line is, whether it has one or not, as a share of the picture's height."""
    text = str(line.value)
    tall = 1.0 if _TALL.search(text) else _LOW_HEIGHT
    return height(line) / (tall + (_DEPTH if _DEEP.search(text) else 0.0))


def same_size(line: Finding, other: Finding) -> bool:
    """Says whether two lines are in letters of one size, as far as that can be measured."""
    small, large = sorted((letter_size(line), letter_size(other)))
    return large <= _SAME_SIZE * small


def quotable(line: Finding) -> bool:
    """Says whether a line can be published as it stands: with its markup taken out, a quote would be untrue."""
    text = str(line.value)
    return plain_text(text, len(text)) == text


def _stands(line: Finding) -> bool:
    if line.confidence < _IS_TEXT:
        return False
    if line.box is None:
        return True
    left, _, width, tall = line.box
    return left >= _EDGE and left + width <= 1 - _EDGE and tall >= _SMALL_PRINT
