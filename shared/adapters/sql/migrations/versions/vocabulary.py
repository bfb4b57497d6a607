"""The words of search entries, and the search index anew."""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from shared.adapters.sql import search
from shared.adapters.sql.tables import records, search_parts, videos
from shared.domain.codec import decode_json
from shared.domain.records import SearchEntry

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes the table and the index and fills both; on PostgreSQL nobody but their owner sees them."""
    op.execute("DROP TABLE IF EXISTS search_index")
    op.execute(sa.delete(search_parts))
    op.create_table(
        "vocabulary",
        sa.Column("word", sa.String, primary_key=True),
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("beginning", sa.String, nullable=False),
        sa.Column("ending", sa.String, nullable=False),
        sa.Column("ends", sa.String, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Index("ix_vocabulary_beginning", "beginning", "owner"),
        sa.Index("ix_vocabulary_ending", "ending", "owner"),
        sa.Index("ix_vocabulary_ends", "ends", "owner"),
    )
    connection = op.get_bind()
    search.create_index(connection)
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE vocabulary ENABLE ROW LEVEL SECURITY")
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
