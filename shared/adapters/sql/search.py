"""Full-text search over the SearchEntry records, with SQLite's FTS5 and PostgreSQL's tsvector.

An owner's entries are indexed in parts of some ten thousand, and each word under its part: ``2a_fox``. A query
asks the owner's parts one after another, the newest first, until it has candidates enough, and ranks those. So a
word that is everywhere costs a look at one part, a rare one a short look at each, and nobody pays for what others
have.

The index holds the words under the ids of their records, so that what is found is shown by the same rule as
everything else: only if its video names the result set it is in. What a word is, no database decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    String,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    table,
    text,
    true,
    update,
)

from shared.adapters.sql.hits import Found
from shared.adapters.sql.tables import records, result_sets, search_parts
from shared.adapters.sql.vocabulary import add_words, forget_words, words_alike
from shared.domain.codec import decode_json
from shared.domain.records import SearchEntry
from shared.domain.search_query import Fit, SearchQuery, closeness, holds_phrases, may_be_misspelt, parse_query
from shared.domain.search_words import search_words

__all__ = ["add_entries", "create_index", "find_entries", "remove_entries", "scrub_index"]

_PART_ENTRIES: Final = 16_384
"""A part with so many entries is full; the last result set in it may be over that."""

_CANDIDATES_A_HIT: Final = (5, 1000)
"""So many of the newest entries that hold all words are ranked for each that is asked for; and so many, should too
few of these count."""

_index = table("search_index", column("rowid"), column("part"), column("size"), column("words"))


Choice: TypeAlias = Sequence[tuple[str, bool]]
"""Words of which one must be found, each with whether also those count that begin with it."""


class FullText(Protocol):
    """What a database does with words."""

    ddl: Sequence[str]
    scrub: str | None
    """What takes out of the index what is left of entries that were removed; None where nothing is."""

    def spelt(self, part: int, words: Sequence[str]) -> str:
        """Returns an entry's words as this database reads them."""
        ...

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        """Returns what goes into the index's column."""
        ...

    def newest(self, parts: Select[int], wanted: Sequence[Choice], limit: int) -> Select[int, int]:
        """Returns ``rowid`` and ``size`` of the newest entries in parts that hold one word of each choice."""
        ...


class _Fts5:
    # Beginnings of up to nine letters are indexed, so that looking one up takes no longer the more words begin
    # with it: these are the lengths with the part's six digits and the stroke before them.
    ddl: Sequence[str] = (
        """CREATE VIRTUAL TABLE search_index USING fts5(
            words, part UNINDEXED, size UNINDEXED, detail = none, columnsize = 0,
            prefix = '8 9 10 11 12 13 14 15 16', tokenize = "ascii tokenchars '_'")""",
    )
    # Removing an entry only notes that it is gone, until the part of the index that it is in is written anew.
    scrub: str | None = "INSERT INTO search_index (search_index) VALUES ('optimize')"

    def spelt(self, part: int, words: Sequence[str]) -> str:
        return " ".join(f"{part:06x}_{_in_ascii(word)}" for word in words)

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        return spelt

    def newest(self, parts: Select[int], wanted: Sequence[Choice], limit: int) -> Select[int, int]:
        part = parts.subquery("part")
        # Each word in quotes, so that none is taken for an operator.
        choices = ((f'"@_{_in_ascii(word)}"{"*" * begins}' for word, begins in choice) for choice in wanted)
        query = " AND ".join(f"({' OR '.join(words)})" for words in choices)
        query_of_part = func.replace(query, "@", func.printf("%06x", part.c.id))
        matches = literal_column("search_index").op("MATCH")(query_of_part)
        best = select(_index.c.rowid).where(matches).order_by(_index.c.rowid.desc()).limit(limit)
        entry = _index.alias("entry")
        found = select(entry.c.rowid, entry.c.size).select_from(part.join(entry, true()))
        return found.where(entry.c.rowid.in_(best.correlate(part))).order_by(part.c.id.desc()).limit(limit)


class _TsVector:
    ddl: Sequence[str] = (
        """CREATE TABLE search_index (
            rowid BIGINT PRIMARY KEY, part BIGINT NOT NULL, size INTEGER NOT NULL, words TSVECTOR NOT NULL)""",
        # Without a list of what is still to be indexed, which every look at a part would read.
        "CREATE INDEX ix_search_index_words ON search_index USING gin (words) WITH (fastupdate = off)",
    )
    scrub: str | None = None  # vacuuming does

    # Without to_tsvector() and to_tsquery(), which take words apart by rules of their own and the server's locale.

    def spelt(self, part: int, words: Sequence[str]) -> str:
        return " ".join(f"{part:x}_{word}" for word in words)

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        return func.tsvector(spelt)

    def newest(self, parts: Select[int], wanted: Sequence[Choice], limit: int) -> Select[int, int]:
        part = parts.subquery("part")
        choices = ((f"@_{word}{':*' * begins}" for word, begins in choice) for choice in wanted)
        query = " & ".join(f"({' | '.join(words)})" for words in choices)
        matches = _index.c.words.bool_op("@@")(func.tsquery(func.replace(query, "@", func.to_hex(part.c.id))))
        # Nothing is ordered by "+ 0": else the server would read all rows by their ids, hoping for matches.
        order = (_index.c.rowid + literal_column("0")).desc()
        found = select(_index.c.rowid, _index.c.size).where(matches).order_by(order).limit(limit)
        entry = found.lateral("entry")
        best = select(entry.c.rowid, entry.c.size).select_from(part.join(entry, true()))
        return best.order_by(part.c.id.desc()).limit(limit)


_BY_DIALECT: Final[Mapping[str, FullText]] = {"sqlite": _Fts5(), "postgresql": _TsVector()}


def create_index(connection: Connection) -> None:
    """Makes the index; a step of the migrations."""
    for statement in _full_text(connection).ddl:
        connection.execute(text(statement))


def add_entries(connection: Connection, owner: str, entries: Sequence[tuple[int, SearchEntry]]) -> None:
    """Puts an owner's search entries, each with the id of its record, into the index."""
    full_text = _full_text(connection)
    part = _part_with_room(connection, owner, len(entries))
    words_of = {number: search_words(entry.text) for number, entry in entries}
    rows = [
        {
            "number": number,
            "part": part,
            "size": len(words),
            "spelt": full_text.spelt(part, list(dict.fromkeys(words))),
        }
        for number, words in words_of.items()
    ]
    value = full_text.value(bindparam("spelt", type_=String))
    saved = insert(_index).values(rowid=bindparam("number", type_=BigInteger), words=value)
    connection.execute(saved.values(part=bindparam("part"), size=bindparam("size")), rows)
    add_words(connection, owner, words_of.values())


def remove_entries(connection: Connection, record_ids: Select[int]) -> None:
    """Takes records off the index, and words and parts of which nothing is left."""
    gone = _index.c.rowid.in_(record_ids)
    # In one order, so that nobody waits for somebody who waits for them.
    counts = select(_index.c.part, func.count()).where(gone).group_by(_index.c.part).order_by(_index.c.part)
    parts = connection.execute(counts).all()
    for part, count in parts:
        row = search_parts.c.id == part
        connection.execute(update(search_parts).where(row).values(entries=search_parts.c.entries - count))
    if parts:
        forget_words(connection, _index, gone)
        empty = delete(search_parts).where(search_parts.c.id.in_([part for part, _ in parts]))
        connection.execute(empty.where(search_parts.c.entries <= 0))
        connection.execute(delete(_index).where(gone))


def scrub_index(connection: Connection) -> None:
    """Takes what is left of removed entries out of the index, where that takes a statement.

    SQLite writes the whole index anew for that, which takes 1.1 CPU-seconds for 1,000,000 entries of six words.
    """
    if statement := _full_text(connection).scrub:
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
    found = _best(connection, query, Fit.WHOLE, [*exact, *([(word, False)] for word in query.words)], owner, limit)
    if len(found) < limit and query.words:
        seen = {place.number for place in found}
        begun = [*exact, *([(word, True)] for word in query.words)]
        more = _best(connection, query, Fit.BEGINNINGS, begun, owner, limit + len(seen))
        found += [place for place in more if place.number not in seen][: limit - len(seen)]
    if not found and any(map(may_be_misspelt, query.words)):
        alike = [
            [(word, True), *((other, False) for other in words_alike(connection, word, owner))]
            for word in query.words
        ]
        if any(len(choice) > 1 for choice in alike):
            found = _best(connection, query, Fit.ALIKE, [*exact, *alike], owner, limit)
    return found


def _best(
    connection: Connection,
    query: SearchQuery,
    how: Fit,
    wanted: Sequence[Choice],
    owner: str | None,
    limit: int,
) -> list[Found]:
    parts = select(search_parts.c.id)
    if owner is not None:
        parts = parts.where(search_parts.c.owner == owner)
    found: list[tuple[int, int]] = []
    for most in (limit * factor for factor in _CANDIDATES_A_HIT):
        newest = _full_text(connection).newest(parts, wanted, most).cte("newest")
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
        found = [
            (number, size)
            for number, size, counts, body in candidates
            if counts and (body is None or holds_phrases(query, search_words(decode_json(SearchEntry, body).text)))
        ]
        if len(found) >= limit or len(candidates) < most:
            break
    found.sort(key=lambda entry: (entry[1], -entry[0]))
    return [Found(number=number, fit=how, score=closeness(query, how, size)) for number, size in found[:limit]]


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


def _in_ascii(word: str) -> str:
    """Returns a word in characters that every version of SQLite takes for letters; beginnings stay beginnings."""
    return word if word.isascii() else "".join(char if char.isascii() else f"_{ord(char):x}_" for char in word)


def _full_text(connection: Connection) -> FullText:
    return _BY_DIALECT[connection.dialect.name]
