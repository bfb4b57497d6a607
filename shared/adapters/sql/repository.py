"""Videos in a SQL database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection, Select, String, bindparam, delete, func, or_, select

from shared.adapters.sql import search
from shared.adapters.sql.database import Database
from shared.adapters.sql.exact_text import stored_text
from shared.adapters.sql.hits import read_hits
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.listing import find_changed, list_page, sum_counts, sum_usage
from shared.adapters.sql.saving import locked_video, save_change
from shared.adapters.sql.tables import COUNTED, attempts, outbox, records, result_sets, videos
from shared.adapters.sql.vectors import find_nearest
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import decode_json
from shared.domain.events import VideoEvent
from shared.domain.media import Kind
from shared.domain.records import Embedding, Record, SearchEntry
from shared.domain.status import AT_REST, DELETED, TERMINAL
from shared.domain.video import Video
from shared.ports.video_repository import Page, RelatedVideo, Saved, SearchHit, Sort, Usage

__all__ = ["SqlVideoRepository"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)


_SHOWN_VIDEO: Final = select(videos.c.document).where(
    videos.c.id == bindparam("video_id", type_=String), videos.c.status != DELETED
)


class SqlVideoRepository:
    """A VideoRepository in a SQL database; safe to use from several threads and processes at once.

    Args:
        database: Where its tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        def work(connection: Connection) -> Change[T]:
            stored = locked_video(connection, video_id)
            change = decide(stored)
            save_change(connection, video_id, stored, change)
            return change

        change = self._database.write(work)
        if change.video is not None and change.video.id != video_id:
            self._database.scrub()
        return change.answer

    def get(self, video_id: str) -> Video | None:
        document = self._database.look_up(_SHOWN_VIDEO, video_id=stored_text(video_id))
        return None if document is None else decode_json(Video, document)

    def list_videos(
        self,
        *,
        owner: str | None = None,
        status: str | None = None,
        kind: Kind | None = None,
        sort: Sort = "-created_at",
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        with self._database.reading() as connection:
            return list_page(
                connection,
                owner=owner,
                status=status,
                kind=kind,
                sort=sort,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                cursor=cursor,
            )

    def counts(self, *, owner: str, statuses: Sequence[str]) -> Mapping[str, int]:
        with self._database.reading() as connection:
            return sum_counts(connection, owner, statuses)

    def usage(self, *, owner: str) -> Usage:
        with self._database.reading() as connection:
            return sum_usage(connection, owner)

    def changed(self, *, owner: str, since: datetime | None = None, limit: int = 100) -> Sequence[Saved]:
        with self._database.reading() as connection:
            return find_changed(connection, owner, since, limit)

    def records(self, video: Video, kind: type[R]) -> Sequence[R]:
        keys = list(video.results.values())
        query = select(records.c.key, records.c.body).where(
            records.c.video_id == video.id, records.c.kind == kind.__name__, records.c.key.in_(keys)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(records.c.seq)).all()
        return [decode_json(kind, row.body) for row in sorted(rows, key=lambda row: keys.index(row.key))]

    def attempts(self, video_id: str) -> Sequence[Attempt]:
        query = select(attempts.c.body).where(attempts.c.video_id == video_id).order_by(attempts.c.token)
        return [decode_json(Attempt, body) for body in self._column(query)]

    def search(self, query: str, *, owner: str | None = None, limit: int = 20) -> Sequence[SearchHit]:
        with self._database.reading() as connection:
            found = search.find_entries(connection, query, owner, limit)
            return read_hits(connection, SearchEntry, found, owner)

    def nearest(
        self, vector: Sequence[float], *, model: str, owner: str | None = None, limit: int = 20
    ) -> Sequence[SearchHit]:
        with self._database.reading() as connection:
            found = find_nearest(connection, vector, model, owner, limit)
            return read_hits(connection, Embedding, found, owner)

    def related(
        self, *, owner: str, labels: Sequence[str], exclude: str, limit: int = 10
    ) -> Sequence[RelatedVideo]:
        shared = (
            select(records.c.video_id, records.c.label)
            .distinct()
            .select_from(COUNTED)
            .where(records.c.label.in_(labels), videos.c.owner == owner, videos.c.id != exclude)
            .cte("shared")
        )
        count = func.count()
        best = select(shared.c.video_id, count.label("labels")).group_by(shared.c.video_id)
        best = best.order_by(count.desc(), shared.c.video_id).limit(limit)
        ranked = best.subquery("ranked")
        with self._database.reading() as connection:
            rows = connection.execute(
                select(shared.c.video_id, shared.c.label)
                .join(ranked, ranked.c.video_id == shared.c.video_id)
                .order_by(ranked.c.labels.desc(), shared.c.video_id, shared.c.label)
            ).all()
        found: dict[str, list[str]] = {}
        for video_id, label in rows:
            found.setdefault(video_id, []).append(label)
        return [RelatedVideo(video_id=key, labels=tuple(value)) for key, value in found.items()]

    def outbox(self, *, limit: int = 100, video_id: str | None = None) -> Sequence[VideoEvent]:
        # Ids are given out before commits, but only to whoever has locked the video, so the events of one are in
        # the order of their commits. Nothing is skipped either: nobody remembers up to which id was read.
        query = select(outbox.c.body).order_by(outbox.c.id).limit(limit)
        if video_id is not None:
            query = query.where(outbox.c.video_id == video_id)
        return [decode_json(VideoEvent, body) for body in self._column(query)]

    def mark_published(self, event_ids: Sequence[str]) -> None:
        self._database.write(
            lambda connection: connection.execute(delete(outbox).where(outbox.c.event_id.in_(event_ids)))
        )

    def stalled(self, *, idle_since: datetime, limit: int = 100) -> Sequence[Video]:
        since_us = to_us(idle_since)
        lease_us = videos.c.lease_expires_us
        return self._videos(
            select(videos.c.document)
            .where(videos.c.status.not_in(AT_REST), videos.c.updated_us <= since_us)
            .where(or_(lease_us.is_(None), lease_us <= since_us))
            .order_by(videos.c.updated_us)
            .limit(limit)
        )

    def leased(self, *, limit: int = 1000) -> Sequence[Video]:
        lease_us = videos.c.lease_expires_us
        return self._videos(
            select(videos.c.document).where(lease_us.is_not(None)).order_by(lease_us, videos.c.id).limit(limit)
        )

    def unswept(self, *, limit: int = 100) -> Sequence[Video]:
        return self._videos(
            select(videos.c.document)
            .where(videos.c.status.in_(TERMINAL), ~videos.c.swept)
            .order_by(videos.c.updated_us)
            .limit(limit)
        )

    def prune(self, video: Video) -> Mapping[str, int]:
        # By what the store says now: the caller's copy of the video may be older than results that count.
        named = select(result_sets.c.key).where(result_sets.c.video_id == video.id)
        abandoned = (records.c.video_id == video.id) & records.c.key.not_in(named)

        def work(connection: Connection) -> Mapping[str, int]:
            stored = locked_video(connection, video.id)
            search.remove_entries(connection, select(records.c.id).where(abandoned))
            gone = Counter(connection.scalars(delete(records).where(abandoned).returning(records.c.kind)))
            if stored is not None and stored.status == DELETED:
                search.scrub_index(connection)
                timeline = delete(attempts).where(attempts.c.video_id == video.id)
                gone[Attempt.__name__] = connection.execute(timeline).rowcount
            return gone

        return self._database.write(work)

    def _videos(self, query: Select[str]) -> list[Video]:
        return [decode_json(Video, document) for document in self._column(query)]

    def _column(self, query: Select[str]) -> Sequence[str]:
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query)]
