"""An owner's videos as lists and sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, case, func, select, tuple_

from shared.adapters.sql.instants import from_us, to_us
from shared.adapters.sql.tables import SHOWN, videos
from shared.domain.codec import decode_json
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.domain.media import Kind
from shared.domain.status import TERMINAL
from shared.domain.video import Video
from shared.ports.video_repository import Page, Saved, Sort, Usage

__all__ = ["find_changed", "list_page", "sum_counts", "sum_usage"]

_SORTED_BY: Final[Mapping[Sort, Column[int]]] = {
    "-created_at": videos.c.created_us,
    "created_at": videos.c.created_us,
    "-updated_at": videos.c.updated_us,
}


def list_page(
    connection: Connection,
    *,
    owner: str | None,
    status: str | None,
    kind: Kind | None,
    sort: Sort,
    created_after: datetime | None,
    created_before: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page:
    """Returns a page of videos; see VideoRepository.list_videos()."""
    scope = f"{owner}/{status}/{kind}/{sort}/{created_after}/{created_before}"
    at_us = _SORTED_BY[sort]
    query = select(videos.c.id, at_us, videos.c.document).where(SHOWN)
    if owner is not None:
        query = query.where(videos.c.owner == owner)
    if status is not None:
        query = query.where(videos.c.status == status)
    if kind is not None:
        query = query.where(videos.c.kind == kind)
    if created_after is not None:
        query = query.where(videos.c.created_us >= to_us(created_after))
    if created_before is not None:
        query = query.where(videos.c.created_us < to_us(created_before))
    descending = sort.startswith("-")
    position = tuple_(at_us, videos.c.id)
    if cursor is not None:
        last = decode_cursor(scope, cursor, _position)
        query = query.where(position < last if descending else position > last)
    order: Callable[[Column[int]], ColumnElement[int]] = Column.desc if descending else Column.asc
    query = query.order_by(order(at_us), order(videos.c.id)).limit(limit + 1)
    rows = connection.execute(query).all()
    page = tuple(decode_json(Video, document) for _, _, document in rows[:limit])
    if len(rows) <= limit:
        return Page(videos=page, next_cursor=None)
    last_id, last_us, _ = rows[limit - 1]
    return Page(videos=page, next_cursor=encode_cursor(scope, f"{last_us} {last_id}"))


def sum_counts(connection: Connection, owner: str, statuses: Sequence[str]) -> Mapping[str, int]:
    """Returns how many videos there are by status; see VideoRepository.counts()."""
    query = select(videos.c.status, func.count()).where(SHOWN, videos.c.owner == owner).group_by(videos.c.status)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return {status: found.get(status, 0) for status in statuses}


def sum_usage(connection: Connection, owner: str) -> Usage:
    """Returns what an owner's videos amount to; see VideoRepository.usage()."""

    def total(column: ColumnElement[float]) -> ColumnElement[float]:
        return func.coalesce(func.sum(column), 0)

    row = connection.execute(
        select(
            func.count(),
            total(case((videos.c.status.in_(TERMINAL), 0), else_=1)),
            total(videos.c.source_bytes),
            total(videos.c.media_s),
            total(videos.c.model_usd),
        ).where(SHOWN, videos.c.owner == owner)
    ).one()
    count, unfinished, source_bytes, media_s, model_usd = row
    return Usage(
        videos=count,
        unfinished=int(unfinished),
        source_bytes=int(source_bytes),
        media_s=float(media_s),
        model_usd=float(model_usd),
    )


def find_changed(connection: Connection, owner: str, since: datetime | None, limit: int) -> Sequence[Saved]:
    """Returns an owner's videos by when they were saved; see VideoRepository.changed()."""
    changed_us = videos.c.changed_us
    query = select(changed_us, videos.c.document).where(videos.c.owner == owner).limit(limit)
    if since is None:
        rows = connection.execute(query.order_by(changed_us.desc())).all()[::-1]
    else:
        rows = connection.execute(query.where(changed_us >= to_us(since)).order_by(changed_us)).all()
    return [Saved(at=from_us(at_us), video=decode_json(Video, document)) for at_us, document in rows]


def _position(position: str) -> tuple[int, str]:
    at, _, video_id = position.partition(" ")
    at_us = int(at)
    if not 0 <= at_us < 2**63:
        raise ValueError("no database can hold its time")
    return at_us, video_id
