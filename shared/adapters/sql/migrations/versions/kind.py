"""Whether a video is moving pictures or sound alone, for lists of one of them."""

from __future__ import annotations

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SHOWN: Final = sa.text("status != 'deleted'")
_VIDEOS: Final = sa.table("videos", *(sa.column(name) for name in ("id", "document", "kind")))


def upgrade() -> None:
    """Adds the column, fills it from the documents, and makes the indexes of such lists."""
    op.add_column("videos", sa.Column("kind", sa.String))
    _fill()
    for event in ("created", "updated"):
        columns = ["owner", "kind", f"{event}_us", "id"]
        name = f"ix_videos_owner_kind_{event}"
        op.create_index(name, "videos", columns, sqlite_where=_SHOWN, postgresql_where=_SHOWN)


def _fill() -> None:
    connection = op.get_bind()
    fill = sa.update(_VIDEOS).where(_VIDEOS.c.id == sa.bindparam("video")).values(kind=sa.bindparam("found"))
    page = sa.select(_VIDEOS.c.id, _VIDEOS.c.document).order_by(_VIDEOS.c.id).limit(1000)
    rows = connection.execute(page).all()
    while rows:
        connection.execute(fill, [{"video": row.id, "found": _kind(row.document)} for row in rows])
        rows = connection.execute(page.where(_VIDEOS.c.id > rows[-1].id)).all()


def _kind(document: str) -> str | None:
    media = json.loads(document)["media"]
    return None if media is None else "video" if media["video"] else "audio"
