"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from shared.adapters.sql.exact_text import ExactText

__all__ = [
    "COUNTED",
    "METADATA",
    "SHOWN",
    "attempts",
    "documents",
    "outbox",
    "records",
    "result_sets",
    "search_parts",
    "vectors",
    "videos",
    "vocabulary",
]

METADATA: Final = MetaData()

_Number: Final = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts itself up: in SQLite only INTEGER does, which has 64 bits there."""

videos: Final = Table(
    "videos",
    METADATA,
    Column("id", ExactText, primary_key=True),
    Column("owner", ExactText, nullable=False),
    Column("status", ExactText, nullable=False),
    Column("kind", String),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False, server_default="0"),
    Column("lease_expires_us", BigInteger),
    Column("swept", Boolean, nullable=False),
    Column("source_bytes", BigInteger, nullable=False, server_default="0"),
    Column("media_s", Float, nullable=False, server_default="0"),
    Column("model_usd", Float, nullable=False, server_default="0"),
    Column("document", Text, nullable=False),
    Index("ix_videos_status_updated", "status", "updated_us"),
    Index("ix_videos_lease_expires", "lease_expires_us"),
    Index("ix_videos_owner_changed", "owner", "changed_us"),
)
"""The aggregates as JSON; the other columns repeat what is searched and summed by. Times are microseconds since
1970; ``changed_us`` is when the row was written last, and grows with every write to a video of its owner."""

SHOWN: Final = videos.c.status != literal_column("'deleted'")
"""Videos that there are; written out, since an index of them serves a query only if the text says the same."""

for _name, _columns in {
    "ix_videos_created": ("created_us", "id"),
    "ix_videos_owner_created": ("owner", "created_us", "id"),
    "ix_videos_owner_updated": ("owner", "updated_us", "id"),
    "ix_videos_owner_kind_created": ("owner", "kind", "created_us", "id"),
    "ix_videos_owner_kind_updated": ("owner", "kind", "updated_us", "id"),
    "ix_videos_owner_status_created": ("owner", "status", "created_us", "id"),
    "ix_videos_owner_status_updated": ("owner", "status", "updated_us", "id"),
    # Sums are made of the index alone, without a look at the documents.
    "ix_videos_owner_sums": ("owner", "status", "source_bytes", "media_s", "model_usd"),
}.items():
    Index(_name, *(videos.c[_column] for _column in _columns), sqlite_where=SHOWN, postgresql_where=SHOWN)

result_sets: Final = Table(
    "result_sets",
    METADATA,
    Column("video_id", ExactText, ForeignKey("videos.id"), primary_key=True),
    Column("key", String, primary_key=True),
)
"""The result sets that a video names: what a query may show."""

records: Final = Table(
    "records",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("video_id", ExactText, ForeignKey("videos.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("label", ExactText),
    Column("body", Text, nullable=False),
    UniqueConstraint("video_id", "kind", "key", "seq"),
    Index("ix_records_label", "label", "video_id"),
)
"""Everything in result sets, as JSON; ``label`` is a tag's."""

COUNTED: Final = records.join(
    result_sets, (result_sets.c.video_id == records.c.video_id) & (result_sets.c.key == records.c.key)
).join(videos, videos.c.id == records.c.video_id)
"""Records that a query may show, with their videos."""

vectors: Final = Table(
    "vectors",
    METADATA,
    Column("record_id", _Number, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String, nullable=False, index=True),
    Column("vector", LargeBinary, nullable=False),
)
"""The points of Embedding records, as little-endian float32, which are compared faster than their JSON is read."""

search_parts: Final = Table(
    "search_parts",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("owner", ExactText, nullable=False),
    Column("entries", Integer, nullable=False),
    Index("ix_search_parts_owner", "owner", "id"),
    sqlite_autoincrement=True,  # ids tell the order; what is left of a part must not turn up in another
)
"""The parts that an owner's search entries are indexed in, and how many there are in each; see ``search``."""

vocabulary: Final = Table(
    "vocabulary",
    METADATA,
    Column("word", String, primary_key=True),
    Column("owner", ExactText, primary_key=True),
    Column("beginning", String, nullable=False),
    Column("ending", String, nullable=False),
    Column("ends", String, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Index("ix_vocabulary_beginning", "beginning", "owner"),
    Index("ix_vocabulary_ending", "ending", "owner"),
    Index("ix_vocabulary_ends", "ends", "owner"),
)
"""The words of search entries that may be meant by misspelt ones, and in how many entries each is."""

attempts: Final = Table(
    "attempts",
    METADATA,
    Column("video_id", ExactText, ForeignKey("videos.id"), primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)

outbox: Final = Table(
    "outbox",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("event_id", ExactText, nullable=False, unique=True),
    Column("video_id", ExactText, ForeignKey("videos.id"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,  # ids tell the order, so one must not come back when the last event was taken off
)

documents: Final = Table(
    "documents",
    METADATA,
    Column("kind", String, primary_key=True),
    # By the codes of characters, as in SQLite; PostgreSQL would go by the server's language.
    Column("id", ExactText().with_variant(ExactText(collation="C"), "postgresql"), primary_key=True),
    Column("owner", ExactText, nullable=False),
    Column("about", ExactText, index=True),
    Column("due_us", BigInteger),
    Column("body", Text, nullable=False),
    Index("ix_documents_owner", "kind", "owner", "id"),
    Index("ix_documents_due", "kind", "due_us"),
)
"""What an owner has besides videos, as JSON; the other columns repeat what is searched by."""
