"""What a model repeats of its instructions is no finding.

Prompts hold nothing that is secret, and requests nothing but prompts, times and the video. Still, whoever makes a
model recite what it was told wants something that is none of the video's; so it stays here, whatever it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from shared.domain.disguises import readings
from shared.domain.plain_text import letters
from shared.domain.records import Finding

__all__ = ["Leaks"]

_RUN: Final = 8  # words in a row that nobody says by chance as they stand in a prompt
_MIN_MARK_CHARS: Final = 6
_WORD: Final = re.compile(r"\w+")
_CODE: Final = re.compile(r"(?=.*\d)|.+[A-Z]|(?:.*[-_]){2}")  # has digits, inner capitals, or several parts


class Leaks:
    """Knows instructions by their runs of words, and by what looks like a code, a key or a password in them.

    Args:
        instructions: The texts of prompts.
    """

    def __init__(self, instructions: Iterable[str]) -> None:
        texts = tuple(instructions)
        self._runs = {run for text in texts for run in _runs(text)}
        tokens = (token.strip(".,:;!?`'\"()[]{}") for text in texts for token in text.split())
        codes = (letters(token) for token in tokens if _CODE.match(token))
        marks = {code for code in codes if len(code) >= _MIN_MARK_CHARS}
        self._marks = {form for mark in marks for form in (mark, mark[::-1], codecs.encode(mark, "rot13"))}

    def holds(self, text: str) -> bool:
        """Says whether a text repeats a piece of the instructions, also spelt out, turned around or encoded."""
        if any(mark in squeezed for squeezed in map(letters, readings(text)) for mark in self._marks):
            return True
        return not self._runs.isdisjoint(_runs(text))

    def taken_out(self, findings: Iterable[Finding], caveat: Callable[[str, str], None]) -> Iterator[Finding]:
        """Yields findings that repeat nothing; tells people, without a word of it, how many did.

        Args:
            findings: What a model said.
            caveat: See AnalysisInput.
        """
        left_out = 0
        for finding in findings:
            if isinstance(finding.value, str) and self.holds(finding.value):
                left_out += 1
            else:
                yield finding
        if left_out:
            caveat(
                "model_repeats_instructions",
                f"{left_out} statement(s) of the model were left out: they repeat its instructions, which "
                "something in the video may have made it do.",
            )


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return zip(*(islice(words, start, None) for start in range(_RUN)), strict=False)
