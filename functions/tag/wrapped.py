"""Headings that take two lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from functions.tag.legible_text import TITLE_HEIGHT, height, letter_size, same_size
from shared.domain.records import Finding

__all__ = ["unwrapped"]

_MAX_CHARS: Final = 60  # no title is longer
_SAME_TIME_S: Final = 0.5
_PITCH: Final = (0.9, 2.2)
"""From line to line, in heights of a capital letter; items of a list stand further apart."""

_ALIGNED: Final = 0.03
_ENDS: Final = (".", ":", "!", "?", ";", ",")


def unwrapped(lines: Iterable[Finding]) -> Sequence[Finding]:
    """Returns lines with each heading of two lines made one, where its first line was; others as they are.

    Its lines have one size, stand right below each other, and come and go together. Three of that kind are a list.
    """
    known = list(lines)
    below = {id(line): after for line in known if (after := _below(line, known)) is not None}
    return list(_joined(known, below))


def _joined(lines: Iterable[Finding], below: Mapping[int, Finding]) -> Iterator[Finding]:
    above = {id(after): first for first, after in below.items()}

    def is_pair(first: int) -> bool:
        return first not in above and id(below[first]) not in below

    for line in lines:
        if id(line) in above and is_pair(above[id(line)]):
            continue
        after = below.get(id(line))
        yield _one(line, after) if after is not None and is_pair(id(line)) else line


def _below(line: Finding, others: Iterable[Finding]) -> Finding | None:
    """Returns the line that goes on below a title, if there is one."""
    if height(line) < TITLE_HEIGHT or str(line.value).rstrip().endswith(_ENDS):
        return None
    return next((other for other in others if _goes_on(line, other)), None)


def _goes_on(line: Finding, other: Finding) -> bool:
    if line.box is None or other.box is None or not same_size(line, other):
        return False
    first_s, last_s = other.start_s - line.start_s, abs(other.end_s - line.end_s)
    pitch = (other.box[1] - line.box[1]) / letter_size(line)
    left = abs(other.box[0] - line.box[0])
    middle = abs(other.box[0] + other.box[2] / 2 - line.box[0] - line.box[2] / 2)
    return (
        0.0 <= first_s <= _SAME_TIME_S
        and last_s <= _SAME_TIME_S
        and _PITCH[0] <= pitch <= _PITCH[1]
        and min(left, middle) <= _ALIGNED
        and str(other.value)[:1].isalnum()
        and len(f"{line.value} {other.value}") <= _MAX_CHARS
    )


def _one(line: Finding, other: Finding) -> Finding:
    """Returns two lines as one; its box is as high as one line, for that is how large its letters are."""
    if line.box is None or other.box is None:
        return line
    left = min(line.box[0], other.box[0])
    right = max(line.box[0] + line.box[2], other.box[0] + other.box[2])
    return replace(
        line,
        value=f"{line.value} {other.value}",
        start_s=max(line.start_s, other.start_s),
        end_s=min(line.end_s, other.end_s),
        confidence=min(line.confidence, other.confidence),
        box=(left, line.box[1], right - left, max(line.box[3], other.box[3])),
    )
