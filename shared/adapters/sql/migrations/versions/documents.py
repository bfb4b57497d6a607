"""What owners have besides videos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table; on PostgreSQL nobody but its owner sees it."""
    op.create_table(
        "documents",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("about", sa.String, index=True),
        sa.Column("due_us", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index("ix_documents_owner", "kind", "owner", "id"),
        sa.Index("ix_documents_due", "kind", "due_us"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE documents ENABLE ROW LEVEL SECURITY")
