"""The search index in parts for each owner; the next step makes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the table of parts; on PostgreSQL nobody but their owner sees it."""
    op.create_table(
        "search_parts",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Index("ix_search_parts_owner", "owner", "id"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search_parts ENABLE ROW LEVEL SECURITY")
