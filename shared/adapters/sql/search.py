"""Full-text search over the SearchEntry records, with SQLite's FTS5 and PostgreSQL's tsvector.

The index holds the words under the ids of their records, so that what is found is shown by the same rule as
everything else: only if its video names the result set it is in. What a word is, no database decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Function,
    Row,
    Select,
    String,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)

from shared.adapters.sql.tables import COUNTED, records, videos
from shared.domain.records import SearchEntry
from shared.domain.search_words import search_words

__all__ = ["add_entries", "create_index", "find_entries", "remove_entries", "scrub_index"]

_MAX_QUERY_WORDS = 32
"""Of a longer query, only so many words count."""

_index = table("search_index", column("rowid"), column("words"))


class FullText(Protocol):
    """What a database does with words: each begins a word that must be found."""

    ddl: Sequence[str]
    scrub: str | None
    """What takes out of the index what is left of entries that were removed; None where nothing is."""

    def spelt(self, words: Sequence[str]) -> str:
        """Returns an entry's words as this database reads them."""
        ...

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        """Returns what goes into the index's column."""
        ...

    def matches(self, words: Sequence[str]) -> ColumnElement[bool]:
        """Returns whether an entry of the index is found."""
        ...

    def score(self, words: Sequence[str]) -> ColumnElement[float]:
        """Returns how well it fits, above zero; more is better."""
        ...


class _Fts5:
    # An index of beginnings makes searching while somebody types as fast as searching for whole words.
    ddl: Sequence[str] = (
        """CREATE VIRTUAL TABLE search_index USING fts5(
            words, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 0')""",
    )
    # Removing an entry only notes that it is gone, until the part of the index that it is in is written anew.
    scrub: str | None = "INSERT INTO search_index (search_index) VALUES ('optimize')"

    def spelt(self, words: Sequence[str]) -> str:
        return " ".join(words)

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        return spelt

    def matches(self, words: Sequence[str]) -> ColumnElement[bool]:
        # Each word in quotes, so that none is taken for an operator.
        return literal_column("search_index").op("MATCH")(" ".join(f'"{word}"*' for word in words))

    def score(self, words: Sequence[str]) -> ColumnElement[float]:
        del words
        return -func.bm25(literal_column("search_index"))


class _TsVector:
    ddl: Sequence[str] = (
        "CREATE TABLE search_index (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_search_index_words ON search_index USING gin (words)",
    )
    scrub: str | None = None  # vacuuming does

    # Without to_tsvector() and to_tsquery(), which take words apart by rules of their own and the server's locale.

    def spelt(self, words: Sequence[str]) -> str:
        return " ".join(f"{word}:{position}" for position, word in enumerate(words, 1))

    def value(self, spelt: BindParameter[str]) -> ColumnElement[str]:
        return func.tsvector(spelt)

    def matches(self, words: Sequence[str]) -> ColumnElement[bool]:
        return _index.c.words.bool_op("@@")(self._query(words))

    def score(self, words: Sequence[str]) -> ColumnElement[float]:
        by_length = 1  # a word counts for more in a short text
        return func.ts_rank(_index.c.words, self._query(words), by_length)

    @staticmethod
    def _query(words: Sequence[str]) -> Function[str]:
        return func.tsquery(" & ".join(f"{word}:*" for word in words))


_BY_DIALECT: Final[Mapping[str, FullText]] = {"sqlite": _Fts5(), "postgresql": _TsVector()}


def create_index(connection: Connection) -> None:
    """Makes the index; a step of the migrations."""
    for statement in _full_text(connection).ddl:
        connection.execute(text(statement))


def add_entries(connection: Connection, entries: Sequence[tuple[int, SearchEntry]]) -> None:
    """Puts search entries, each with the id of its record, into the index."""
    full_text = _full_text(connection)
    value = full_text.value(bindparam("spelt", type_=String))
    rows = [{"number": number, "spelt": full_text.spelt(search_words(entry.text))} for number, entry in entries]
    connection.execute(insert(_index).values(rowid=bindparam("number", type_=BigInteger), words=value), rows)


def remove_entries(connection: Connection, record_ids: Select[int]) -> None:
    """Takes records off the index."""
    connection.execute(delete(_index).where(_index.c.rowid.in_(record_ids)))


def scrub_index(connection: Connection) -> None:
    """Takes what is left of removed entries out of the index, where that takes a statement.

    SQLite writes the whole index anew for that, which took 0.2 s for 300,000 entries of eight words.
    """
    if statement := _full_text(connection).scrub:
        connection.execute(text(statement))


def find_entries(
    connection: Connection, query: str, owner: str | None, limit: int
) -> Sequence[Row[str, str, float]]:
    """Returns ``document`` of the video, ``body`` of the record and ``score`` of entries that hold all words."""
    words = search_words(query)[:_MAX_QUERY_WORDS]
    if not words:
        return []
    full_text = _full_text(connection)
    score = full_text.score(words)
    found = (
        select(videos.c.document, records.c.body, score.label("score"))
        .select_from(COUNTED.join(_index, _index.c.rowid == records.c.id))
        .where(full_text.matches(words))
        .order_by(score.desc(), records.c.id)
        .limit(limit)
    )
    if owner is not None:
        found = found.where(videos.c.owner == owner)
    return connection.execute(found).all()


def _full_text(connection: Connection) -> FullText:
    return _BY_DIALECT[connection.dialect.name]
