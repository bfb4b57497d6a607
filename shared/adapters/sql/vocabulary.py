"""The words of each owner's search entries, so that a misspelt one leads to those that are spelt alike.

They are found by what such words have in common, each of which has an index: their beginning, their ending, or
both ends.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, select, text, union, update

from shared.adapters.sql.exact_text import ExactText
from shared.adapters.sql.tables import records, search_parts, vocabulary
from shared.domain.codec import decode_json
from shared.domain.records import SearchEntry
from shared.domain.search_query import anchors, is_spelt_alike, may_be_meant, may_be_misspelt, mistakes, swaps
from shared.domain.search_words import search_words

__all__ = ["add_words", "forget_words", "words_alike", "words_of"]

_MOST_ALIKE: Final = 10
"""So many words stand in for a misspelt one: the closest, and of these those in most entries."""

_MORE: Final = text(
    "INSERT INTO vocabulary (word, owner, beginning, ending, ends, entries)"
    " VALUES (:word, :owner, :beginning, :ending, :ends, :entries)"
    " ON CONFLICT (word, owner) DO UPDATE SET entries = vocabulary.entries + excluded.entries"
).bindparams(bindparam("owner", type_=ExactText))


def add_words(connection: Connection, owner: str, entries: Iterable[Sequence[str]]) -> None:
    """Counts the words of an owner's new search entries."""
    if counts := _counts(entries):
        connection.execute(_MORE, [_row(owner, word) | {"entries": count} for word, count in counts])


def forget_words(connection: Connection, index: Any, gone: ColumnElement[bool]) -> None:
    """Takes the words of search entries off, before these are removed.

    Args:
        connection: The transaction.
        index: The search index.
        gone: Which rows of it are removed.
    """
    removed = (
        select(search_parts.c.owner, records.c.body)
        .select_from(index)
        .join(search_parts, search_parts.c.id == index.c.part)
        .join(records, records.c.id == index.c.rowid)
        .where(gone)
    )
    by_owner: dict[str, list[Sequence[str]]] = defaultdict(list)
    for owner, body in connection.execute(removed):
        by_owner[owner].append(words_of(body))
    word = (vocabulary.c.word == bindparam("of")) & (vocabulary.c.owner == bindparam("whose"))
    less = update(vocabulary).where(word).values(entries=vocabulary.c.entries - bindparam("fewer"))
    for owner, entries in sorted(by_owner.items()):
        if counts := _counts(entries):
            rows = [{"of": each, "whose": owner, "fewer": count} for each, count in counts]
            connection.execute(less, rows)
            connection.execute(delete(vocabulary).where(word, vocabulary.c.entries <= 0), rows)


def words_of(body: str) -> Sequence[str]:
    """Returns the words of a stored search entry, in order."""
    return search_words(decode_json(SearchEntry, body).text)


def words_alike(connection: Connection, word: str, owner: str | None) -> Sequence[str]:
    """Returns words of search entries that are spelt like one that is in none.

    Args:
        connection: The transaction.
        word: The one that was asked for.
        owner: Whose entries; None for everybody's.
    """
    if not may_be_misspelt(word):
        return ()
    common = _row("", word)
    found: list[Select[str, int]] = [
        select(vocabulary.c.word, vocabulary.c.entries).where(vocabulary.c[name] == common[name])
        for name in ("beginning", "ending", "ends")
    ]
    if swapped := swaps(word):
        found.append(select(vocabulary.c.word, vocabulary.c.entries).where(vocabulary.c.word.in_(swapped)))
    if owner is not None:
        found = [query.where(vocabulary.c.owner == owner) for query in found]
    length = func.length(vocabulary.c.word)
    found = [query.where(length.between(len(word) - 2, len(word) + 2)) for query in found]
    entries: Counter[str] = Counter()
    for other, count in connection.execute(union(*found)):
        if is_spelt_alike(word, other):
            entries[other] += count
    return sorted(entries, key=lambda other: (mistakes(word, other, 2), -entries[other], other))[:_MOST_ALIKE]


def _counts(entries: Iterable[Sequence[str]]) -> list[tuple[str, int]]:
    """Returns the words that may be meant by a misspelt one, and how many entries each is in.

    They are in order, so that nobody waits for somebody who waits for them.
    """
    counts = Counter(word for words in entries for word in frozenset(words) if may_be_meant(word))
    return sorted(counts.items())


def _row(owner: str, word: str) -> dict[str, Any]:
    beginning, ending, ends = anchors(word)
    return {"word": word, "owner": owner, "beginning": beginning, "ending": ending, "ends": ends}
