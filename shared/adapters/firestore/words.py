"""What a text can be found by: Firestore looks up whole values only, so the beginnings of words are stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

__all__ = ["beginnings_of", "lookup_of", "query_words", "relevance"]

_MAX_WORDS: Final = 32
"""Of a longer query, only so many words count."""

_MAX_BEGINNING: Final = 8
"""A longer word is looked up by its first so many letters; whether the rest agrees is seen in the text itself."""


def _words_of(text: str) -> list[str]:
    """Returns the words of a text without their accents and case."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", plain.casefold())


def beginnings_of(text: str) -> set[str]:
    """Returns what a text is stored under."""
    return {
        word[:length] for word in set(_words_of(text)) for length in range(1, min(len(word), _MAX_BEGINNING) + 1)
    }


def query_words(query: str) -> Sequence[str]:
    """Returns the different words of a query."""
    return list(dict.fromkeys(_words_of(query)))[:_MAX_WORDS]


def lookup_of(words: Sequence[str]) -> str:
    """Returns what to look up for a query of some words: the longest is the rarest."""
    return max(words, key=len)[:_MAX_BEGINNING]


def relevance(words: Sequence[str], text: str) -> float:
    """Returns which share of a text a query's words are, 0..1; 0 unless each begins one of its words."""
    found = _words_of(text)
    if not all(any(word.startswith(wanted) for word in found) for wanted in words):
        return 0.0
    return min(len(words) / len(found), 1.0)
