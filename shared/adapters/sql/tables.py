"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["METADATA", "attempts", "outbox", "records", "result_sets", "videos"]

METADATA: Final = MetaData()

videos: Final = Table(
    "videos",
    METADATA,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("lease_expires_us", BigInteger),
    Column("swept", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_videos_created", "created_us", "id"),
    Index("ix_videos_owner_created", "owner", "created_us", "id"),
    Index("ix_videos_status_updated", "status", "updated_us"),
    Index("ix_videos_lease_expires", "lease_expires_us"),
)
"""The aggregates as JSON; the other columns repeat what is searched by. Times are microseconds since 1970."""

result_sets: Final = Table(
    "result_sets",
    METADATA,
    Column("video_id", String, ForeignKey("videos.id"), primary_key=True),
    Column("key", String, primary_key=True),
)
"""The result sets that a video names: what a query may show."""

records: Final = Table(
    "records",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("video_id", String, ForeignKey("videos.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("label", String),
    Column("body", Text, nullable=False),
    UniqueConstraint("video_id", "kind", "key", "seq"),
    Index("ix_records_label", "label", "video_id"),
)
"""Everything in result sets, as JSON; ``label`` is a tag's."""

attempts: Final = Table(
    "attempts",
    METADATA,
    Column("video_id", String, ForeignKey("videos.id"), primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)

outbox: Final = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("video_id", String, ForeignKey("videos.id"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,  # ids tell the order, so one must not come back when the last event was taken off
)
