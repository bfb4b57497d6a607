"""The points of embeddings; and the search index anew, by the words that every store has in common."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.adapters.sql import search
from shared.domain.codec import decode_json
from shared.domain.records import SearchEntry

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_RECORDS = sa.table("records", sa.column("id"), sa.column("kind"), sa.column("body"))


def upgrade() -> None:
    """Makes the table and fills the index."""
    op.create_table(
        "vectors",
        sa.Column("record_id", _NUMBER, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("model", sa.String, nullable=False, index=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.drop_table("search_index")
    connection = op.get_bind()
    search.create_index(connection)
    entries = sa.select(_RECORDS.c.id, _RECORDS.c.body).where(_RECORDS.c.kind == "SearchEntry")
    for part in connection.execute(entries, execution_options={"yield_per": 1000}).partitions():
        search.add_entries(connection, [(row.id, decode_json(SearchEntry, row.body)) for row in part])
