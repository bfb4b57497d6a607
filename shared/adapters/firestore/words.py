"""What a text can be found by: Firestore looks up whole values only, so the beginnings of words are stored.

So is what words that are spelt alike have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from shared.domain.search_query import SearchQuery, anchors, may_be_meant, may_be_misspelt, swaps
from shared.domain.search_words import search_words

__all__ = ["MAX_KEYS", "keys_of", "lookup_of", "misspelt_lookup_of"]

MAX_KEYS: Final = 4000
"""Of one document. Each is an index entry in every index it is in, of which a document may have 40,000."""

_MAX_LETTERS: Final = 8
"""A longer word is looked up by its first letters; whether the rest agrees is seen in the text itself."""


def keys_of(text: str) -> set[str]:
    """Returns what a text is stored under; of a huge one, its first words only."""
    words = dict.fromkeys(search_words(text))
    return set(islice((key for word in words for key in _keys(word)), MAX_KEYS))


def lookup_of(query: SearchQuery) -> str:
    """Returns what to look up for a query: its longest word is the rarest."""
    return max((*query.exact_words, *query.words), key=len)[:_MAX_LETTERS]


def misspelt_lookup_of(query: SearchQuery) -> Sequence[str]:
    """Returns of what to look up any for a query with misspelt words; nothing if none can be."""
    if not any(map(may_be_misspelt, query.words)):
        return ()
    if query.exact_words:
        return (max(query.exact_words, key=len)[:_MAX_LETTERS],)
    longest = max(query.words, key=len)
    if not may_be_misspelt(longest):
        return (longest[:_MAX_LETTERS],)
    return (longest[:_MAX_LETTERS], *_common(longest), *swaps(longest))


def _keys(word: str) -> Iterator[str]:
    for length in range(1, min(len(word), _MAX_LETTERS) + 1):
        yield word[:length]
    if may_be_meant(word):
        yield from _common(word)


def _common(word: str) -> Sequence[str]:
    _, ending, ends = anchors(word)
    return (word[:3], ending, ends)  # a beginning of three letters is stored already
