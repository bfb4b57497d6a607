"""The search index anew, in parts for each owner."""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from shared.adapters.sql import search
from shared.adapters.sql.tables import records, videos
from shared.domain.codec import decode_json
from shared.domain.records import SearchEntry

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the index and fills it; on PostgreSQL nobody but their owner sees its tables."""
    op.execute("DROP TABLE IF EXISTS search_index")
    op.create_table(
        "search_parts",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Index("ix_search_parts_owner", "owner", "id"),
        sqlite_autoincrement=True,
    )
    connection = op.get_bind()
    search.create_index(connection)
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE search_parts ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE search_index ENABLE ROW LEVEL SECURITY")
    entries = (
        sa.select(videos.c.owner, records.c.id, records.c.body)
        .join_from(records, videos, videos.c.id == records.c.video_id)
        .where(records.c.kind == "SearchEntry")
        .order_by(videos.c.owner, records.c.id)
    )
    for rows in connection.execute(entries, execution_options={"yield_per": 1000}).partitions():
        for owner, same in groupby(rows, key=lambda row: row.owner):
            search.add_entries(connection, owner, [(row.id, decode_json(SearchEntry, row.body)) for row in same])
