"""The points of embeddings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "vectors",
        sa.Column("record_id", _NUMBER, sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("model", sa.String, nullable=False, index=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
