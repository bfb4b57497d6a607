"""Lines that can name a part of a video."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from functions.tag.advice.nameless import names_nothing
from functions.tag.legible_text import height, legible
from functions.tag.words import STOP_WORDS, word_list
from shared.domain.records import Finding

__all__ = ["headings"]

_HEADING_HEIGHT: Final = 0.03
_CODE: Final = re.compile(r"[{}]|<[/!?\w]|==|=>")
_MAX_WORDS: Final = 12  # longer ones are sentences


def headings(lines: Iterable[Finding], name: str = "") -> list[Finding]:
    """Returns the lines large enough to be a heading and fit to be one, largest first.

    Args:
        lines: Findings; only text counts, and no quote that nothing but a model has seen.
        name: The file's name without its ending.
    """
    fit = [
        line
        for line in legible(lines)
        if line.verified is not False
        and height(line) >= _HEADING_HEIGHT
        and _names(str(line.value))
        and not names_nothing(str(line.value), name)
    ]
    return sorted(fit, key=lambda line: (-round(height(line), 2), line.start_s))


def _names(text: str) -> bool:
    # An address is no name, and nobody should be sent to one; nor is code.
    words = word_list(text)
    if len(words) > _MAX_WORDS or any(sign in text for sign in ("://", "www.", "@")) or _CODE.search(text):
        return False
    return any(len(word) > 2 and word.casefold() not in STOP_WORDS for word in words)
