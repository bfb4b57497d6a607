"""What a text can be found by: Firestore looks up whole values only, so the beginnings of words are stored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from shared.domain.search_words import search_words

__all__ = ["MAX_BEGINNINGS", "beginnings_of", "lookup_of", "query_words", "relevance"]

MAX_BEGINNINGS: Final = 4000
"""Of one document. Each is an index entry in every index it is in, of which a document may have 40,000."""

_MAX_WORDS: Final = 32
"""Of a longer query, only so many words count."""

_MAX_LETTERS: Final = 8
"""A longer word is looked up by its first letters; whether the rest agrees is seen in the text itself."""


def beginnings_of(text: str) -> set[str]:
    """Returns what a text is stored under; of a huge one, its first words only."""
    words = dict.fromkeys(search_words(text))
    beginnings = (word[:length] for word in words for length in range(1, min(len(word), _MAX_LETTERS) + 1))
    return set(islice(beginnings, MAX_BEGINNINGS))


def query_words(query: str) -> Sequence[str]:
    """Returns the different words of a query."""
    return list(dict.fromkeys(search_words(query)))[:_MAX_WORDS]


def lookup_of(words: Sequence[str]) -> str:
    """Returns what to look up for a query of some words: the longest is the rarest."""
    return max(words, key=len)[:_MAX_LETTERS]


def relevance(words: Sequence[str], text: str) -> float:
    """Returns which share of a text a query's words are, 0..1; 0 unless each begins one of its words."""
    found = search_words(text)
    if not all(any(word.startswith(wanted) for word in found) for wanted in words):
        return 0.0
    return min(len(words) / len(found), 1.0)
