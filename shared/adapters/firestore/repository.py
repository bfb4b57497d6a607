"""Videos in Firestore."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from google.cloud import firestore

from shared.adapters.firestore.calls import READING, firestore_errors
from shared.adapters.firestore.chunks import record_count, unpack
from shared.adapters.firestore.commits import commit_in_parts, update_video
from shared.adapters.firestore.database import FirestoreDatabase
from shared.adapters.firestore.documents import Fields, begins_attempt, read_attempts, read_video
from shared.adapters.firestore.finding import find_places, find_related, nearest_places
from shared.adapters.firestore.layout import ATTEMPTS, OUTBOX, RECORDS, VIDEOS
from shared.adapters.firestore.listing import find_changed, list_page, sum_counts, sum_usage
from shared.adapters.firestore.queries import EPOCH, Selection, equal, where
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import decode_json
from shared.domain.events import VideoEvent
from shared.domain.identity import token_of
from shared.domain.media import Kind
from shared.domain.records import Record
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.ports.video_repository import Page, RelatedVideo, Saved, SearchHit, Sort, Usage

__all__ = ["FirestoreVideoRepository"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)

_DOCUMENT_ID: Final = re.compile(r"[a-zA-Z0-9-]{1,100}")

_MAX_NOT_IN: Final = 10
"""Values that a query may exclude."""


class FirestoreVideoRepository:
    """A VideoRepository in a Firestore database; ``layout`` says how it lies there.

    Safe to use from several threads and processes at once.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        with firestore_errors():
            return update_video(self._client, self._reference(video_id), decide)

    def get(self, video_id: str) -> Video | None:
        with firestore_errors():
            snapshot = self._reference(video_id).get(field_paths=["document"], **READING)
        video = read_video(snapshot) if snapshot.exists else None
        return video if video is not None and video.status != DELETED else None

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
        with firestore_errors():
            return list_page(
                self._videos,
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
        with firestore_errors():
            return sum_counts(self._videos, owner, statuses)

    def usage(self, *, owner: str) -> Usage:
        with firestore_errors():
            return sum_usage(self._videos, owner)

    def changed(self, *, owner: str, since: datetime | None = None, limit: int = 100) -> Sequence[Saved]:
        with firestore_errors():
            return find_changed(self._videos, owner, since, limit)

    def records(self, video: Video, kind: type[R]) -> Sequence[R]:
        query = equal(self._reference(video.id).collection(RECORDS), kind=kind.__name__)
        by_key: dict[str, list[Fields]] = {key: [] for key in video.results.values()}
        if not by_key:
            return []
        with firestore_errors():
            for document in where(query, "key", "in", list(by_key)).stream(**READING):
                by_key[document.get("key")].append(document.to_dict() or {})
        return [record for documents in by_key.values() for record in unpack(kind, documents)]

    def attempts(self, video_id: str) -> Sequence[Attempt]:
        with firestore_errors():
            return read_attempts(self._reference(video_id).collection(ATTEMPTS).stream(**READING))

    def search(self, query: str, *, owner: str | None = None, limit: int = 20) -> Sequence[SearchHit]:
        with firestore_errors():
            return find_places(self._client, query, owner, limit)

    def nearest(
        self, vector: Sequence[float], *, model: str, owner: str | None = None, limit: int = 20
    ) -> Sequence[SearchHit]:
        with firestore_errors():
            return nearest_places(self._client, vector, model, owner, limit)

    def related(
        self, *, owner: str, labels: Sequence[str], exclude: str, limit: int = 10
    ) -> Sequence[RelatedVideo]:
        with firestore_errors():
            return find_related(self._client, owner, labels, exclude, limit)

    def outbox(self, *, limit: int = 100, video_id: str | None = None) -> Sequence[VideoEvent]:
        query = equal(self._client.collection(OUTBOX), video_id=video_id).order_by("committed_at").limit(limit)
        with firestore_errors():
            return [decode_json(VideoEvent, event.get("body")) for event in query.stream(**READING)]

    def mark_published(self, event_ids: Sequence[str]) -> None:
        outbox = self._client.collection(OUTBOX)
        with firestore_errors():
            commit_in_parts(self._client, [(outbox.document(event_id), None) for event_id in event_ids])

    def stalled(self, *, idle_since: datetime, limit: int = 100) -> Sequence[Video]:
        idle = where(self._videos, "idle_since", "<=", idle_since)
        return self._read(idle.order_by("idle_since").limit(limit))

    def leased(self, *, limit: int = 1000) -> Sequence[Video]:
        return self._read(
            where(self._videos, "lease_expires_at", ">", EPOCH).order_by("lease_expires_at").limit(limit)
        )

    def unswept(self, *, limit: int = 100) -> Sequence[Video]:
        settled = where(self._videos, "unswept_since", ">", EPOCH)
        return self._read(settled.order_by("unswept_since").limit(limit))

    def prune(self, video: Video) -> Mapping[str, int]:
        gone: Counter[str] = Counter()
        reference = self._reference(video.id)
        with firestore_errors():
            # By what the store says now: the caller's copy of the video may be older than results that count.
            snapshot = reference.get(field_paths=["document"], **READING)
            stored = read_video(snapshot) if snapshot.exists else None
            commit_in_parts(self._client, ((document, None) for document in _abandoned(reference, stored, gone)))
        return gone

    @property
    def _client(self) -> firestore.Client:
        return self._database.client

    @property
    def _videos(self) -> firestore.CollectionReference:
        return self._client.collection(VIDEOS)

    def _reference(self, video_id: str) -> firestore.DocumentReference:
        if not _DOCUMENT_ID.fullmatch(video_id):
            # Whoever asks for such a video must hear that there is none, not that its name can't be one.
            video_id = hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).hexdigest()
        return self._videos.document(video_id)

    def _read(self, query: Selection) -> list[Video]:
        with firestore_errors():
            return [read_video(video) for video in query.select(["document"]).stream(**READING)]


def _abandoned(
    reference: firestore.DocumentReference, video: Video | None, count: Counter[str]
) -> Iterator[firestore.DocumentReference]:
    """Yields what prune() removes of a video, and counts what is in it by its kind."""
    named = list(video.results.values()) if video else []
    records = reference.collection(RECORDS)
    found = where(records, "key", "not-in", named[:_MAX_NOT_IN]) if named else records
    for document in found.select(["key", "kind", "body"]).stream(**READING):
        if document.get("key") not in named and not _may_be_named(document.get("key"), video):
            count[document.get("kind")] += record_count(document.get("kind"), document.get("body"))
            yield document.reference
    if video is not None and video.status == DELETED:
        for document in reference.collection(ATTEMPTS).select([]).stream(**READING):
            count[Attempt.__name__] += begins_attempt(document.id)
            yield document.reference


def _may_be_named(key: str, video: Video | None) -> bool:
    """Tells whether a set that the video does not name may have been stored ahead by an attempt that goes on."""
    if video is None:
        return False
    token = token_of(key)
    return token > video.last_token or (video.lease is not None and token == video.lease.token)
