"""What a search shows of a text that it found: a part of it, in pieces, with what was looked for marked.

Pieces are plain text. Whoever shows them marks them by its own means, so that nothing in a text can act as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.search_query import SearchQuery, is_spelt_alike, parse_query
from shared.domain.search_words import word_places

__all__ = ["Piece", "excerpt"]

_MAX_CHARS: Final = 240
_BEFORE_CHARS: Final = 60
"""Of a longer text, so much is shown before the first word that is marked."""

_MORE: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text, and whether it was looked for."""

    text: str
    marked: bool


def excerpt(query: str, text: str) -> tuple[Piece, ...]:
    """Returns what to show of a text that was found.

    Args:
        query: What was looked for, as it was typed.
        text: The whole text.
    """
    spans = _spans(parse_query(query), word_places(text))
    start, end = _window(text, spans[0][0] if spans else 0)
    pieces = [Piece(text=_MORE, marked=False)] if start else []
    at = start
    for first, last in spans:
        if first >= end:
            break
        pieces += _pieces(text[at:first], text[first : min(last, end)])
        at = min(last, end)
    pieces += _pieces(text[at:end] + (_MORE if end < len(text) else ""), "")
    return tuple(pieces)


def _pieces(plain: str, marked: str) -> Iterator[Piece]:
    for text, is_marked in ((plain, False), (marked, True)):
        if text:
            shown = "".join(char if char.isprintable() else " " for char in text)
            yield Piece(text=shown, marked=is_marked)


def _spans(query: SearchQuery, places: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Returns where there is something to mark, in order; neighbours in a phrase are one."""
    words = [word for word, _, _ in places]
    spans = [
        (places[at][1], places[at + len(phrase) - 1][2])
        for phrase in query.phrases
        for at in range(len(words))
        if tuple(words[at : at + len(phrase)]) == phrase
    ]
    for wanted in query.words:
        held = [place for place in places if place[0].startswith(wanted)]
        alike = held or [place for place in places if is_spelt_alike(wanted, place[0])]
        spans += [(start, end) for _, start, end in alike]
    return _merged(spans)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window(text: str, first: int) -> tuple[int, int]:
    """Returns which part of a text is shown; it begins at a word where there is one."""
    if len(text) <= _MAX_CHARS:
        return 0, len(text)
    start = max(0, min(first - _BEFORE_CHARS, len(text) - _MAX_CHARS))
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    return start, min(start + _MAX_CHARS, len(text))
