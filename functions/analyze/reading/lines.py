"""Lines that were read, and whether two readings are of the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal, TypeAlias

from shared.domain.framing import Box
from shared.domain.plain_text import letters

__all__ = ["Reading", "ReadingName", "coverage", "is_made_of", "is_part", "is_same"]

ReadingName: TypeAlias = Literal["text", "qr_code"]

_SAME_TEXT: Final = 0.8  # likeness of two readings of one line
_ENUMERATION: Final = re.compile(r"^\W*\d{1,2}[.)]\s+|^\W+")  # bullets are now read, now not


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What stands in one place of one picture.

    Attributes:
        name: ``text`` for a line of it, ``qr_code`` for what a code says.
        text: The words.
        confidence: 0..1.
        box: Where.
        time_s: When the picture is shown.
    """

    name: ReadingName
    text: str
    confidence: float
    box: Box
    time_s: float

    @property
    def legibility(self) -> float:
        """The better, the more has been read for sure."""
        return self.confidence * len(self.text)


def is_same(one: Reading, other: Reading) -> bool:
    """Says whether two readings are of the same words, whatever was misread."""
    if one.name != other.name or one.name == "qr_code":
        return (one.name, one.text) == (other.name, other.text)
    first, second = _bare(one.text), _bare(other.text)
    # "Step 1" and "Step 2" are alike, but they are not the same.
    same_numbers = re.findall(r"\d+", first) == re.findall(r"\d+", second)
    return same_numbers and SequenceMatcher(None, first, second, autojunk=False).ratio() >= _SAME_TEXT


def is_part(one: Reading, other: Reading) -> bool:
    """Says whether the first is a piece of the second: lines are sometimes read in two."""
    part, whole = letters(one.text), letters(other.text)
    return one.name == other.name and bool(part) and part in whole


def is_made_of(one: Reading, others: Sequence[Reading]) -> bool:
    """Says whether the first is what the others are, one after the other: lines are sometimes read as one."""
    same_name = all(other.name == one.name for other in others)
    return same_name and letters(one.text) == "".join(letters(other.text) for other in others)


def coverage(one: Box, other: Box) -> float:
    """Returns the share of the first box that lies in the second."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    area = one[2] * one[3]
    return max(width, 0.0) * max(height, 0.0) / area if area else 0.0


def _bare(text: str) -> str:
    return _ENUMERATION.sub("", text).casefold()
