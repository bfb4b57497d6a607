"""Videos in a SQL database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, String, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from shared.adapters.sql import search
from shared.adapters.sql.database import Database
from shared.adapters.sql.dialect import Conflict
from shared.adapters.sql.exact_text import stored_text
from shared.adapters.sql.hits import read_hits
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.listing import find_changed, list_page, sum_counts, sum_usage
from shared.adapters.sql.tables import COUNTED, attempts, outbox, records, result_sets, videos
from shared.adapters.sql.vectors import add_vectors, find_nearest
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import decode_json, encode_json
from shared.domain.events import VideoEvent
from shared.domain.identity import erased_id
from shared.domain.records import Embedding, Record, SearchEntry, Tag
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
            stored = _locked(connection, video_id)
            change = decide(stored)
            if change.video is not None:
                if stored is None:
                    _add_video(connection, change.video)
                elif stored.id != change.video.id:
                    _rename_video(connection, stored.id, change.video.id)
                _save_attempts(connection, video_id, change.attempts)
                _save_events(connection, change.events)
                _save_records(connection, change.video, change.records_key, change.records)
                # Last, so that little time passes between the stamp it gets and the moment others see it.
                _save_video(connection, stored, change.video)
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
            stored = _locked(connection, video.id)
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


def _locked(connection: Connection, video_id: str) -> Video | None:
    """Returns a video, or what is remembered of it; nobody else changes it until the transaction ends."""
    query = select(videos.c.document).where(videos.c.id.in_([video_id, erased_id(video_id)])).with_for_update()
    document = connection.execute(query).scalar()
    return None if document is None else decode_json(Video, document)


def _add_video(connection: Connection, video: Video) -> None:
    try:
        connection.execute(insert(videos).values(id=video.id, changed_us=0, **_columns(video)))
    except IntegrityError as error:  # there was no row yet to lock
        raise Conflict from error


def _rename_video(connection: Connection, before: str, after: str) -> None:
    connection.execute(update(videos).where(videos.c.id == before).values(id=after))


def _save_video(connection: Connection, stored: Video | None, video: Video) -> None:
    # An owner's stamps grow even when a clock goes back, or is ahead of others.
    newest_us = select(func.max(videos.c.changed_us)).where(videos.c.owner == video.owner)
    changed_us = max(time.time_ns() // 1000, (connection.scalars(newest_us).one() or 0) + 1)
    row = videos.c.id == video.id
    connection.execute(update(videos).where(row).values(changed_us=changed_us, **_columns(video)))
    before = set(stored.results.values()) if stored else set()
    after = set(video.results.values())
    if gone := before - after:
        connection.execute(
            delete(result_sets).where(result_sets.c.video_id == video.id, result_sets.c.key.in_(gone))
        )
    if new := after - before:
        connection.execute(insert(result_sets), [{"video_id": video.id, "key": key} for key in new])


def _columns(video: Video) -> dict[str, Any]:
    return {
        "owner": video.owner,
        "status": video.status,
        "created_us": to_us(video.created_at),
        "updated_us": to_us(video.updated_at),
        "lease_expires_us": to_us(video.lease.expires_at) if video.lease else None,
        "swept": video.swept,
        "source_bytes": video.source.size_bytes,
        "media_s": video.media.duration_s if video.media else 0.0,
        "model_usd": video.spent.model_usd,
        "document": encode_json(video),
    }


def _save_attempts(connection: Connection, video_id: str, changed: Sequence[Attempt]) -> None:
    if changed:
        tokens = [attempt.token for attempt in changed]
        connection.execute(delete(attempts).where(attempts.c.video_id == video_id, attempts.c.token.in_(tokens)))
        connection.execute(
            insert(attempts),
            [{"video_id": video_id, "token": each.token, "body": encode_json(each)} for each in changed],
        )


def _save_events(connection: Connection, events: Sequence[VideoEvent]) -> None:
    if events:
        connection.execute(
            insert(outbox),
            [{"event_id": each.event_id, "video_id": each.video_id, "body": encode_json(each)} for each in events],
        )


def _save_records(connection: Connection, video: Video, key: str | None, new: Sequence[Record]) -> None:
    if new:
        rows = [
            {
                "video_id": video.id,
                "key": key,
                "kind": type(record).__name__,
                "seq": seq,
                "label": record.label if isinstance(record, Tag) else None,
                "body": encode_json(record),
            }
            for seq, record in enumerate(new)
        ]
        saved = insert(records).returning(records.c.id, sort_by_parameter_order=True)
        numbered = list(zip(connection.scalars(saved, rows), new, strict=True))
        if entries := [(number, record) for number, record in numbered if isinstance(record, SearchEntry)]:
            search.add_entries(connection, video.owner, entries)
        if embeddings := [(number, record) for number, record in numbered if isinstance(record, Embedding)]:
            add_vectors(connection, embeddings)
