"""What videos are listed, summed and followed by."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SHOWN: Final = sa.text("status != 'deleted'")
_VIDEOS: Final = sa.table(
    "videos",
    *(
        sa.column(name)
        for name in ("id", "document", "updated_us", "changed_us", "source_bytes", "media_s", "model_usd")
    ),
)


def upgrade() -> None:
    """Adds the columns, fills them from the documents, and makes the indexes that leave deleted videos out."""
    op.add_column("videos", sa.Column("changed_us", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("videos", sa.Column("source_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("videos", sa.Column("media_s", sa.Float, nullable=False, server_default="0"))
    op.add_column("videos", sa.Column("model_usd", sa.Float, nullable=False, server_default="0"))
    _fill()
    op.create_index("ix_videos_owner_changed", "videos", ["owner", "changed_us"])
    op.drop_index("ix_videos_created", "videos")
    op.drop_index("ix_videos_owner_created", "videos")
    for name, columns in (
        ("ix_videos_created", ["created_us", "id"]),
        ("ix_videos_owner_created", ["owner", "created_us", "id"]),
        ("ix_videos_owner_updated", ["owner", "updated_us", "id"]),
        ("ix_videos_owner_status_created", ["owner", "status", "created_us", "id"]),
        ("ix_videos_owner_status_updated", ["owner", "status", "updated_us", "id"]),
        ("ix_videos_owner_sums", ["owner", "status", "source_bytes", "media_s", "model_usd"]),
    ):
        op.create_index(name, "videos", columns, sqlite_where=_SHOWN, postgresql_where=_SHOWN)


def _fill() -> None:
    connection = op.get_bind()
    fill = sa.update(_VIDEOS).where(_VIDEOS.c.id == sa.bindparam("video"))
    fill = fill.values(
        changed_us=_VIDEOS.c.updated_us,
        source_bytes=sa.bindparam("bytes"),
        media_s=sa.bindparam("seconds"),
        model_usd=sa.bindparam("usd"),
    )
    page = sa.select(_VIDEOS.c.id, _VIDEOS.c.document).order_by(_VIDEOS.c.id).limit(1000)
    rows = connection.execute(page).all()
    while rows:
        connection.execute(fill, [{"video": row.id, **_sums(json.loads(row.document))} for row in rows])
        rows = connection.execute(page.where(_VIDEOS.c.id > rows[-1].id)).all()


def _sums(video: dict[str, Any]) -> dict[str, Any]:
    return {
        "bytes": video["source"]["size_bytes"],
        "seconds": (video["media"] or {}).get("duration_s", 0.0),
        "usd": video.get("spent", {}).get("model_usd", 0.0),
    }
