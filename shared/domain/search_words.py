"""What counts as a word when texts are searched, the same in every store."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["search_words", "word_places"]

_MAX_TEXT_CHARS = 100_000
_MAX_WORD_CHARS = 255
_WORD: Final = re.compile(r"[^\W_]+")


def search_words(text: str) -> list[str]:
    """Returns the words of a text in order, without their accents and case: letters and digits only.

    Of a huge text or word only the beginning counts, so that no store's index refuses it.
    """
    words = _WORD.findall(_plain(text)[:_MAX_TEXT_CHARS])
    return [word[:_MAX_WORD_CHARS] for word in words]


def word_places(text: str) -> list[tuple[str, int, int]]:
    """Returns the words of a text as search_words() does, each with where it stands: half-open, in characters.

    An accent that is a character of its own belongs to the letter before it.
    """
    plain: list[str] = []
    starts: list[int] = []
    for place, char in enumerate(text):
        letters = _plain(char)
        plain.append(letters)
        starts += [place] * len(letters)
    starts.append(len(text))
    found = _WORD.finditer("".join(plain)[:_MAX_TEXT_CHARS])
    # To where the next letter starts; one character may be several letters, of which only some belong to the word.
    return [
        (match[0][:_MAX_WORD_CHARS], starts[match.start()], max(starts[match.end()], starts[match.end() - 1] + 1))
        for match in found
    ]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    ).casefold()
