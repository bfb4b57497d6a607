"""State without a database."""

from __future__ import annotations

import operator
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TypeVar

from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import encode_json
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.domain.events import VideoEvent
from shared.domain.identity import erased_id
from shared.domain.media import Kind
from shared.domain.records import Embedding, Record, SearchEntry, Tag
from shared.domain.search_query import Fit, SearchQuery, closeness, fit, parse_query
from shared.domain.search_words import search_words
from shared.domain.status import AT_REST, DELETED, TERMINAL
from shared.domain.video import Video
from shared.ports.video_repository import Page, RelatedVideo, Saved, SearchHit, Sort, Usage

__all__ = ["InMemoryVideoRepository"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class InMemoryVideoRepository:
    """A VideoRepository of dicts that refuses changes which contradict themselves, or that no store could keep."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._videos: dict[str, Video] = {}
        self._saved_at: dict[str, datetime] = {}
        self._last_save = datetime.min.replace(tzinfo=UTC)
        self._attempts: dict[str, dict[int, Attempt]] = {}
        self._records: dict[tuple[str, str], tuple[Record, ...]] = {}
        self._outbox: dict[str, VideoEvent] = {}

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        with self._lock:
            stored = self._videos.get(video_id) or self._videos.get(erased_id(video_id))
            change = decide(stored)
            if change.video is not None:
                self._check(video_id, stored, change)
                if stored is not None:
                    del self._videos[stored.id]
                    del self._saved_at[stored.id]
                self._videos[change.video.id] = change.video
                self._last_save = max(datetime.now(UTC), self._last_save + timedelta(microseconds=1))
                self._saved_at[change.video.id] = self._last_save
                timeline = self._attempts.setdefault(change.video.id, {})
                timeline.update((attempt.token, attempt) for attempt in change.attempts)
                self._outbox.update((event.event_id, event) for event in change.events)
                if change.records_key is not None:
                    self._records[video_id, change.records_key] = change.records
            return change.answer

    def get(self, video_id: str) -> Video | None:
        video = self._videos.get(video_id)
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
        scope = f"{owner}/{status}/{kind}/{sort}/{created_after}/{created_before}"
        found = [
            video
            for video in self._shown()
            if owner in {None, video.owner} and status in {None, video.status}
            if kind is None or (video.media is not None and video.media.kind == kind)
            if created_after is None or video.created_at >= created_after
            if created_before is None or video.created_at < created_before
        ]
        found.sort(key=lambda video: _position(video, sort), reverse=sort.startswith("-"))
        if cursor is not None:
            last = decode_cursor(scope, cursor, _read_position)
            follows = operator.lt if sort.startswith("-") else operator.gt
            found = [video for video in found if follows(_position(video, sort), last)]
        page = tuple(found[:limit])
        if len(found) <= limit:
            return Page(videos=page, next_cursor=None)
        last_at, last_id = _position(page[-1], sort)
        return Page(videos=page, next_cursor=encode_cursor(scope, f"{last_at.isoformat()} {last_id}"))

    def counts(self, *, owner: str, statuses: Sequence[str]) -> Mapping[str, int]:
        found = Counter(video.status for video in self._shown() if video.owner == owner)
        return {status: found[status] for status in statuses}

    def usage(self, *, owner: str) -> Usage:
        videos = [video for video in self._shown() if video.owner == owner]
        return Usage(
            videos=len(videos),
            unfinished=sum(video.status not in TERMINAL for video in videos),
            source_bytes=sum(video.source.size_bytes for video in videos),
            media_s=sum(video.media.duration_s for video in videos if video.media),
            model_usd=sum(video.spent.model_usd for video in videos),
        )

    def changed(self, *, owner: str, since: datetime | None = None, limit: int = 100) -> Sequence[Saved]:
        with self._lock:
            saved = [Saved(at=self._saved_at[video.id], video=video) for video in self._every()]
        found = sorted((each for each in saved if each.video.owner == owner), key=lambda each: each.at)
        if since is None:
            return found[-limit:]
        return [each for each in found if each.at >= since][:limit]

    def records(self, video: Video, kind: type[R]) -> Sequence[R]:
        return [
            record
            for key in video.results.values()
            for record in self._records.get((video.id, key), ())
            if isinstance(record, kind)
        ]

    def attempts(self, video_id: str) -> Sequence[Attempt]:
        return [attempt for _, attempt in sorted(self._attempts.get(video_id, {}).items())]

    def search(self, query: str, *, owner: str | None = None, limit: int = 20) -> Sequence[SearchHit]:
        wanted = parse_query(query)
        hits = self._places(wanted, owner, Fit.BEGINNINGS) or self._places(wanted, owner, Fit.ALIKE)
        return sorted(hits, key=attrgetter("rank"))[:limit]

    def _places(self, query: SearchQuery, owner: str | None, least: Fit) -> list[SearchHit]:
        return [
            SearchHit(
                video_id=video.id,
                name=video.source.name,
                title=video.title,
                added_at=video.created_at,
                source=entry.source,
                text=entry.text,
                start_s=entry.start_s,
                end_s=entry.end_s,
                confidence=entry.confidence,
                fit=how,
                score=closeness(query, how, len(words)),
            )
            for video in self._shown()
            if owner in {None, video.owner}
            for entry in self.records(video, SearchEntry)
            if (how := fit(query, words := search_words(entry.text), least)) is not None
        ]

    def nearest(
        self, vector: Sequence[float], *, model: str, owner: str | None = None, limit: int = 20
    ) -> Sequence[SearchHit]:
        hits = [
            SearchHit(
                video_id=video.id,
                name=video.source.name,
                title=video.title,
                added_at=video.created_at,
                source="description",
                text=embedding.text,
                start_s=embedding.start_s,
                end_s=embedding.end_s,
                score=sum(map(operator.mul, vector, embedding.vector)),
            )
            for video in self._shown()
            if owner in {None, video.owner}
            for embedding in self.records(video, Embedding)
            if embedding.model == model and len(embedding.vector) == len(vector)
        ]
        return sorted(hits, key=attrgetter("rank"))[:limit]

    def related(
        self, *, owner: str, labels: Sequence[str], exclude: str, limit: int = 10
    ) -> Sequence[RelatedVideo]:
        found = [
            RelatedVideo(video_id=other.id, labels=tuple(shared))
            for other in self._shown()
            if other.owner == owner and other.id != exclude
            if (shared := set(labels) & {tag.label for tag in self.records(other, Tag)})
        ]
        return sorted(found, key=lambda other: (-len(other.labels), other.video_id))[:limit]

    def outbox(self, *, limit: int = 100, video_id: str | None = None) -> Sequence[VideoEvent]:
        events = list(self._outbox.values())
        return [event for event in events if video_id in {None, event.video_id}][:limit]

    def mark_published(self, event_ids: Sequence[str]) -> None:
        with self._lock:
            for event_id in event_ids:
                self._outbox.pop(event_id, None)

    def stalled(self, *, idle_since: datetime, limit: int = 100) -> Sequence[Video]:
        return self._oldest(
            limit,
            (
                video
                for video in self._every()
                if video.status not in AT_REST and video.updated_at <= idle_since
                if video.lease is None or video.lease.expires_at <= idle_since
            ),
        )

    def leased(self, *, limit: int = 1000) -> Sequence[Video]:
        return [video for video in self._every() if video.lease is not None][:limit]

    def unswept(self, *, limit: int = 100) -> Sequence[Video]:
        return self._oldest(
            limit, (video for video in self._every() if video.status in TERMINAL and not video.swept)
        )

    def prune(self, video: Video) -> Mapping[str, int]:
        with self._lock:
            stored = self._videos.get(video.id)
            named = set(stored.results.values()) if stored else set()
            abandoned = [key for key in self._records if key[0] == video.id and key[1] not in named]
            gone = Counter(type(record).__name__ for key in abandoned for record in self._records.pop(key))
            if stored and stored.status == DELETED and (timeline := self._attempts.pop(video.id, None)):
                gone[Attempt.__name__] = len(timeline)
            return gone

    def _check(self, video_id: str, before: Video | None, change: Change[T]) -> None:
        video = change.video
        assert video is not None
        assert video.id in {video_id, erased_id(video_id)}, "a decision changes the video it was asked about"
        if video.id != video_id:
            left = [*self._attempts.get(video_id, ()), *(key for key in self._records if key[0] == video_id)]
            assert not left, "what refers to a video is gone before it is forgotten"
            assert not self.outbox(video_id=video_id), "what happened is announced before it is forgotten"
        assert before is None or video.last_token >= before.last_token, "a fencing token never shrinks"
        assert not {event.event_id for event in change.events} & self._outbox.keys(), "an event is announced once"
        if change.records_key is not None:
            assert change.records_key in video.results.values(), "records are written with what names them"
            assert (video_id, change.records_key) not in self._records, "a result set is written once"
        for value in (video, *change.attempts, *change.events, *change.records):
            encode_json(value)

    def _every(self) -> list[Video]:
        with self._lock:
            return list(self._videos.values())

    def _shown(self) -> list[Video]:
        return [video for video in self._every() if video.status != DELETED]

    @staticmethod
    def _oldest(limit: int, videos: Iterable[Video]) -> list[Video]:
        return sorted(videos, key=lambda video: video.updated_at)[:limit]


def _read_position(position: str) -> tuple[datetime, str]:
    at, _, video_id = position.partition(" ")
    return datetime.fromisoformat(at), video_id


def _position(video: Video, sort: Sort) -> tuple[datetime, str]:
    return (video.updated_at if sort == "-updated_at" else video.created_at), video.id
