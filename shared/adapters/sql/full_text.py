"""What the databases do with words, each its own way: SQLite's FTS5 and PostgreSQL's tsvector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    column,
    func,
    literal_column,
    select,
    table,
    true,
)

__all__ = ["Choice", "FullText", "full_text", "search_index"]

search_index = table("search_index", column("rowid"), column("part"), column("size"), column("words"))


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
        best = select(search_index.c.rowid).where(matches).order_by(search_index.c.rowid.desc()).limit(limit)
        entry = search_index.alias("entry")
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
        matches = search_index.c.words.bool_op("@@")(
            func.tsquery(func.replace(query, "@", func.to_hex(part.c.id)))
        )
        # Nothing is ordered by "+ 0": else the server would read all rows by their ids, hoping for matches.
        order = (search_index.c.rowid + literal_column("0")).desc()
        found = select(search_index.c.rowid, search_index.c.size).where(matches).order_by(order).limit(limit)
        entry = found.lateral("entry")
        best = select(entry.c.rowid, entry.c.size).select_from(part.join(entry, true()))
        return best.order_by(part.c.id.desc()).limit(limit)


_BY_DIALECT: Final[Mapping[str, FullText]] = {"sqlite": _Fts5(), "postgresql": _TsVector()}


def full_text(connection: Connection) -> FullText:
    """Returns what a connection's database does."""
    return _BY_DIALECT[connection.dialect.name]


def _in_ascii(word: str) -> str:
    """Returns a word in characters that every version of SQLite takes for letters; beginnings stay beginnings."""
    return word if word.isascii() else "".join(char if char.isascii() else f"_{ord(char):x}_" for char in word)
