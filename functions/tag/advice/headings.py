"""Lines that can name a part of a video."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from functions.tag.advice.nameless import names_nothing
from functions.tag.legible_text import height, legible, letter_size, same_size
from functions.tag.words import STOP_WORDS, word_list
from functions.tag.wrapped import unwrapped
from shared.domain.records import Finding

__all__ = ["can_be_read", "headings"]

_HEADING_HEIGHT: Final = 0.03
_CODE: Final = re.compile(r"[{}]|<[/!?\w]|==|=>")
_MAX_WORDS: Final = 12  # longer ones are sentences
_READ_S: Final = 2.0
_READ_SHARE: Final = 0.2


def headings(lines: Iterable[Finding], name: str = "") -> list[Finding]:
    """Returns the lines large enough to be a heading and fit to be one, largest first, of one size by time.

    One that takes two lines is one.

    Args:
        lines: Findings; only text counts, and no quote that nothing but a model has seen.
        name: The file's name without its ending.
    """
    fit = [
        line
        for line in unwrapped(legible(lines))
        if line.verified is not False
        and height(line) >= _HEADING_HEIGHT
        and _names(str(line.value))
        and not names_nothing(str(line.value), name)
    ]
    ranked: list[tuple[int, float, float, Finding]] = []
    size, largest = 0, None
    for line in sorted(fit, key=letter_size, reverse=True):
        if largest is None or not same_size(largest, line):
            size, largest = size + 1, line
        ranked.append((size, line.start_s, line.box[1] if line.box else 0.0, line))
    return [line for *_, line in sorted(ranked, key=lambda one: one[:3])]


def can_be_read(line: Finding, start_s: float, end_s: float) -> bool:
    """Says whether a heading is there long enough in a stretch to name it; others do so for want of one."""
    there_s = min(line.end_s, end_s) - max(line.start_s, start_s)
    return there_s >= min(_READ_S, _READ_SHARE * (end_s - start_s))


def _names(text: str) -> bool:
    # An address is no name, and nobody should be sent to one; nor is code.
    words = word_list(text)
    if len(words) > _MAX_WORDS or any(sign in text for sign in ("://", "www.", "@")) or _CODE.search(text):
        return False
    return any(len(word) > 2 and word.casefold() not in STOP_WORDS for word in words)
