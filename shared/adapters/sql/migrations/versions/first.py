"""Videos, their results, the timeline and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the first tables."""
    op.create_table(
        "videos",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
        sa.Column("lease_expires_us", sa.BigInteger),
        sa.Column("swept", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Index("ix_videos_created", "created_us", "id"),
        sa.Index("ix_videos_owner_created", "owner", "created_us", "id"),
        sa.Index("ix_videos_status_updated", "status", "updated_us"),
        sa.Index("ix_videos_lease_expires", "lease_expires_us"),
    )
    op.create_table(
        "result_sets",
        sa.Column("video_id", sa.String, sa.ForeignKey("videos.id"), primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
    )
    op.create_table(
        "records",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("video_id", sa.String, sa.ForeignKey("videos.id"), nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("video_id", "kind", "key", "seq"),
        sa.Index("ix_records_label", "label", "video_id"),
    )
    op.create_table(
        "attempts",
        sa.Column("video_id", sa.String, sa.ForeignKey("videos.id"), primary_key=True),
        sa.Column("token", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("event_id", sa.String, nullable=False, unique=True),
        sa.Column("video_id", sa.String, sa.ForeignKey("videos.id"), nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
