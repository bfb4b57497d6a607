"""Full-text search over the SearchEntry records, with SQLite's FTS5. All of that dialect is in this module.

The index holds the texts under the ids of their records, so that what is found is shown by the same rule as
everything else: only if its video names the result set it is in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)

from shared.adapters.sql.tables import records, result_sets, videos
from shared.domain.records import SearchEntry

__all__ = ["add_entries", "create_index", "find_entries", "remove_entries"]

_MAX_WORDS = 32
"""Of a longer query, only so many words count."""

_index = table("search_index", column("rowid"), column("text"))


def create_index(connection: Connection) -> None:
    """Makes the index; a step of the migrations."""
    connection.execute(
        text(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            # An index of beginnings makes searching while somebody types as fast as searching for whole words.
            "text, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')"
        )
    )


def add_entries(connection: Connection, video_id: str, key: str) -> None:
    """Puts the search entries of a result set, which is already among the records, into the index."""
    entries = select(records.c.id, func.json_extract(records.c.body, "$.text")).where(
        records.c.video_id == video_id, records.c.key == key, records.c.kind == SearchEntry.__name__
    )
    connection.execute(insert(_index).from_select(["rowid", "text"], entries))


def remove_entries(connection: Connection, record_ids: Select[int]) -> None:
    """Takes records off the index."""
    connection.execute(delete(_index).where(_index.c.rowid.in_(record_ids)))


def find_entries(
    connection: Connection, query: str, owner: str | None, limit: int
) -> Sequence[Row[str, str, float]]:
    """Returns ``document`` of the video, ``body`` of the record and ``score`` of entries that hold all words."""
    # Each word in quotes, so that none is taken for an operator.
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", query))[:_MAX_WORDS]
    if not words:
        return []
    score: ColumnElement[float] = -func.bm25(literal_column("search_index"))
    found = (
        select(videos.c.document, records.c.body, score.label("score"))
        .join_from(_index, records, records.c.id == _index.c.rowid)
        .join(
            result_sets,
            (result_sets.c.video_id == records.c.video_id) & (result_sets.c.key == records.c.key),
        )
        .join(videos, videos.c.id == records.c.video_id)
        .where(literal_column("search_index").op("MATCH")(" ".join(f'"{word}"*' for word in words)))
        .order_by(score.desc(), records.c.id)
        .limit(limit)
    )
    if owner is not None:
        found = found.where(videos.c.owner == owner)
    return connection.execute(found).all()
