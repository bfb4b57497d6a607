"""How a change of a video is written: its row, its timeline, its events and the records of a new result set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.adapters.sql import search
from shared.adapters.sql.dialect import Conflict
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.tables import attempts, outbox, records, result_sets, videos
from shared.adapters.sql.vectors import add_vectors
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import decode_json, encode_json
from shared.domain.events import VideoEvent
from shared.domain.identity import erased_id
from shared.domain.records import Embedding, Record, SearchEntry, Tag
from shared.domain.video import Video

__all__ = ["locked_video", "save_change"]


def locked_video(connection: Connection, video_id: str) -> Video | None:
    """Returns a video, or what is remembered of it; nobody else changes it until the transaction ends."""
    query = select(videos.c.document).where(videos.c.id.in_([video_id, erased_id(video_id)])).with_for_update()
    document = connection.execute(query).scalar()
    return None if document is None else decode_json(Video, document)


def save_change(connection: Connection, video_id: str, stored: Video | None, change: Change[object]) -> None:
    """Writes what a decision does to a video, if it does anything.

    Args:
        connection: The transaction in which the video is locked.
        video_id: The id that the decision was asked about; the change may give it another.
        stored: The video as it is stored; None when there is none.
        change: What was decided.

    Raises:
        Conflict: Somebody else has made the video meanwhile.
    """
    video = change.video
    if video is None:
        return
    if stored is None:
        _add_video(connection, video)
    elif stored.id != video.id:
        _rename_video(connection, stored.id, video.id)
    _save_attempts(connection, video_id, change.attempts)
    _save_events(connection, change.events)
    _save_records(connection, video, change.records_key, change.records)
    # Last, so that little time passes between the stamp it gets and the moment others see it.
    _save_video(connection, stored, video)


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
        "kind": video.media.kind if video.media else None,
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
