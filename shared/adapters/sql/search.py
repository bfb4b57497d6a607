"""Full-text search over the SearchEntry records, with SQLite's FTS5 and PostgreSQL's tsvector.

An owner's entries are indexed in parts of some ten thousand, and each word under its part: ``2a_fox``. A query
asks the owner's parts one after another, the newest first, until it has candidates enough, and ranks those. So a
word that is everywhere costs a look at one part, a rare one a short look at each, and nobody pays for what others
have.

The index holds the words under the ids of their records, so that what is found is shown by the same rule as
everything else: only if its video names the result set it is in. What a word is, no database decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    text,
    update,
)

from shared.adapters.sql.full_text import Choice, full_text, search_index
from shared.adapters.sql.hits import Found
from shared.adapters.sql.tables import records, result_sets, search_parts
from shared.adapters.sql.vocabulary import add_words, forget_words, words_alike, words_of
from shared.domain.records import SearchEntry
from shared.domain.search_query import Fit, SearchQuery, closeness, holds_phrases, may_be_misspelt, parse_query
from shared.domain.search_words import search_words

__all__ = ["add_entries", "create_index", "find_entries", "remove_entries", "scrub_index"]

_PART_ENTRIES: Final = 16_384
"""A part with so many entries is full; the last result set in it may be over that."""

_CANDIDATES_A_HIT: Final = (5, 1000)
"""So many of the newest entries that hold all words are ranked for each that is asked for; and so many, should too
few of these count."""


def create_index(connection: Connection) -> None:
    """Makes the index; a step of the migrations."""
    for statement in full_text(connection).ddl:
        connection.execute(text(statement))


def add_entries(connection: Connection, owner: str, entries: Sequence[tuple[int, SearchEntry]]) -> None:
    """Puts an owner's search entries, each with the id of its record, into the index."""
    spelling = full_text(connection)
    part = _part_with_room(connection, owner, len(entries))
    words_of = {number: search_words(entry.text) for number, entry in entries}
    rows = [
        {
            "number": number,
            "part": part,
            "size": len(words),
            "spelt": spelling.spelt(part, list(dict.fromkeys(words))),
        }
        for number, words in words_of.items()
    ]
    value = spelling.value(bindparam("spelt", type_=String))
    saved = insert(search_index).values(rowid=bindparam("number", type_=BigInteger), words=value)
    connection.execute(saved.values(part=bindparam("part"), size=bindparam("size")), rows)
    add_words(connection, owner, words_of.values())


def remove_entries(connection: Connection, record_ids: Select[int]) -> None:
    """Takes records off the index, and words and parts of which nothing is left."""
    gone = search_index.c.rowid.in_(record_ids)
    # In one order, so that nobody waits for somebody who waits for them.
    part = search_index.c.part
    counts = select(part, func.count()).where(gone).group_by(part).order_by(part)
    parts = connection.execute(counts).all()
    for number, count in parts:
        row = search_parts.c.id == number
        connection.execute(update(search_parts).where(row).values(entries=search_parts.c.entries - count))
    if parts:
        forget_words(connection, search_index, gone)
        empty = delete(search_parts).where(search_parts.c.id.in_([number for number, _ in parts]))
        connection.execute(empty.where(search_parts.c.entries <= 0))
        connection.execute(delete(search_index).where(gone))


def scrub_index(connection: Connection) -> None:
    """Takes what is left of removed entries out of the index, where that takes a statement.

    SQLite writes the whole index anew for that, which takes 1.1 CPU-seconds for 1,000,000 entries of six words.
    """
    if statement := full_text(connection).scrub:
        connection.execute(text(statement))


def find_entries(connection: Connection, asked: str, owner: str | None, limit: int) -> list[Found]:
    """Returns the records whose texts answer a query, best first; see ``search_query``.

    Of those that fit alike, the best are those of which the query's words are the greatest share, and of these the
    newest, among some of the newest: five times as many as are asked for.
    """
    query = parse_query(asked)
    if not query.size:
        return []
    exact: list[Choice] = [[(word, False)] for word in query.exact_words]
    begun = [*exact, *([(word, True)] for word in query.words)]
    newest, is_all = _newest(connection, query, begun, owner, limit)
    if not newest:
        return _alike(connection, query, exact, owner, limit)
    if is_all:
        # Nothing else has the words, whole or not: asking for whole ones would be a look at every part once more.
        return _ranked(query, newest, _fits(connection, query, newest))[:limit]
    whole = [*exact, *([(word, False)] for word in query.words)]
    found = _best(connection, query, Fit.WHOLE, whole, owner, limit)
    if len(found) < limit and query.words:
        seen = {place.number for place in found}
        more = _best(connection, query, Fit.BEGINNINGS, begun, owner, limit + len(seen))
        found += [place for place in more if place.number not in seen][: limit - len(seen)]
    return found


def _alike(
    connection: Connection, query: SearchQuery, exact: Sequence[Choice], owner: str | None, limit: int
) -> list[Found]:
    """Returns what has words that are spelt alike, best first."""
    if not any(map(may_be_misspelt, query.words)):
        return []
    alike = [
        [(word, True), *((other, False) for other in words_alike(connection, word, owner))] for word in query.words
    ]
    if all(len(choice) == 1 for choice in alike):
        return []
    return _best(connection, query, Fit.ALIKE, [*exact, *alike], owner, limit)


def _best(
    connection: Connection,
    query: SearchQuery,
    how: Fit,
    wanted: Sequence[Choice],
    owner: str | None,
    limit: int,
) -> list[Found]:
    newest, _ = _newest(connection, query, wanted, owner, limit)
    return _ranked(query, newest, dict.fromkeys(newest, how))[:limit]


def _newest(
    connection: Connection, query: SearchQuery, wanted: Sequence[Choice], owner: str | None, limit: int
) -> tuple[dict[int, int], bool]:
    """Returns the sizes of the newest entries that count, by their ids, and whether there are no others."""
    parts = select(search_parts.c.id)
    if owner is not None:
        parts = parts.where(search_parts.c.owner == owner)
    few, many = (limit * factor for factor in _CANDIDATES_A_HIT)
    found, candidates = _candidates(connection, query, wanted, parts, few)
    if candidates < few:
        return found, True
    if len(found) < limit:
        found, _ = _candidates(connection, query, wanted, parts, many)
    return found, False


def _candidates(
    connection: Connection, query: SearchQuery, wanted: Sequence[Choice], parts: Select[int], most: int
) -> tuple[dict[int, int], int]:
    """Returns the sizes of those that count, by their ids, and of how many they are the rest."""
    newest = full_text(connection).newest(parts, wanted, most).cte("newest")
    # The index knows which words are in a text, but not their order.
    in_order = records.c.body if query.phrases else null()
    candidates = connection.execute(
        select(newest.c.rowid, newest.c.size, result_sets.c.key.is_not(None), in_order)
        .select_from(newest)
        .join(records, records.c.id == newest.c.rowid)
        .outerjoin(
            result_sets,
            (result_sets.c.video_id == records.c.video_id) & (result_sets.c.key == records.c.key),
        )
    ).all()
    found = {
        number: size
        for number, size, counts, body in candidates
        if counts and (body is None or holds_phrases(query, words_of(body)))
    }
    return found, len(candidates)


def _fits(connection: Connection, query: SearchQuery, numbers: Collection[int]) -> dict[int, Fit]:
    """Returns how texts fit that have the words of a query, or words that begin with them, by their ids."""
    if not query.words:
        return dict.fromkeys(numbers, Fit.WHOLE)
    bodies = connection.execute(select(records.c.id, records.c.body).where(records.c.id.in_(numbers)))
    return {
        number: Fit.WHOLE if {*words_of(body)}.issuperset(query.words) else Fit.BEGINNINGS
        for number, body in bodies
    }


def _ranked(query: SearchQuery, sizes: Mapping[int, int], fits: Mapping[int, Fit]) -> list[Found]:
    """Returns what was found, best first: by how it fits, then the shortest, then the newest."""
    order = sorted(sizes, key=lambda number: (-fits[number], sizes[number], -number))
    return [
        Found(number=number, fit=fits[number], score=closeness(query, fits[number], sizes[number]))
        for number in order
    ]


def _part_with_room(connection: Connection, owner: str, entries: int) -> int:
    """Returns the number of an owner's newest part, or of a new one if that is full, and counts entries to it."""
    newest = select(search_parts).where(search_parts.c.owner == owner).order_by(search_parts.c.id.desc()).limit(1)
    part = connection.execute(newest.with_for_update()).first()
    if part is None or part.entries >= _PART_ENTRIES:
        made = insert(search_parts).values(owner=owner, entries=entries).returning(search_parts.c.id)
        number: int = connection.scalars(made).one()
    else:
        number = part.id
        more = update(search_parts).where(search_parts.c.id == number)
        connection.execute(more.values(entries=search_parts.c.entries + entries))
    return number
