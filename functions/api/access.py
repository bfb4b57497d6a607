"""What a caller can reach. Handlers have nothing but this, so what belongs to others does not exist for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from shared.domain.attempt import Attempt
from shared.domain.change import Change, Decision
from shared.domain.corrections import CORRECTED_STAGE, corrected_tags
from shared.domain.errors import NotFound
from shared.domain.identity import erased_owner
from shared.domain.lifecycle import Lifecycle
from shared.domain.media import Kind
from shared.domain.records import Embedding, Recommendation, Record, Tag
from shared.domain.video import Video
from shared.ports.clock import Clock
from shared.ports.document_store import Document, DocumentStore, Edit
from shared.ports.embedder import Embedder
from shared.ports.video_repository import Page, Saved, SearchHit, Sort, Usage, VideoRepository
from shared.processors.related import related_videos
from shared.runtime.editing import edit_video

__all__ = ["OwnedDocuments", "OwnedVideos"]

D = TypeVar("D", bound=Document)
R = TypeVar("R", bound=Record)
T = TypeVar("T")


class OwnedVideos:
    """One owner's videos and what is known about them.

    Args:
        repository: Where everybody's are.
        owner: Whose these are; None reaches nothing.
        embedder: What makes videos searchable by meaning; None where nothing does.
    """

    def __init__(self, repository: VideoRepository, owner: str | None, embedder: Embedder | None = None) -> None:
        self._repository = repository
        self._owner = owner
        self._embedder = embedder

    def get(self, video_id: str) -> Video:
        """Returns a video. Raises NotFound for one that does not exist (any more), or is somebody else's."""
        return self._own(self._repository.get(video_id))

    def update(self, video_id: str, decide: Decision[T]) -> T:
        """Changes a video; see VideoRepository.update(). Raises NotFound as get() does."""

        def decide_own(video: Video | None) -> Change[T]:
            return decide(self._own(video))

        return self._repository.update(video_id, decide_own)

    def add(self, video_id: str, decide: Decision[Video]) -> Video:
        """Makes a video. Raises RuntimeError if it would be somebody else's."""

        def decide_own(video: Video | None) -> Change[Video]:
            change = decide(video)
            if change.answer.owner != self._known():
                raise RuntimeError("a video was to be made for somebody else")
            return change

        return self._repository.update(video_id, decide_own)

    def edit(
        self, video_id: str, change: Callable[[Video], Video], *, lifecycle: Lifecycle, clock: Clock
    ) -> Video:
        """Changes what is said about a video; see edit_video(). Raises NotFound as get() does."""

        def change_own(video: Video) -> Video:
            return change(self._own(video))

        return edit_video(self._repository, lifecycle, clock, video_id, change_own)

    def page(
        self,
        *,
        status: str | None,
        kind: Kind | None,
        sort: Sort,
        created_after: datetime | None,
        created_before: datetime | None,
        limit: int,
        cursor: str | None,
    ) -> Page:
        """Returns some videos; see list_videos() of VideoRepository. Raises BadCursor."""
        return self._repository.list_videos(
            owner=self._known(),
            status=status,
            kind=kind,
            sort=sort,
            created_after=created_after,
            created_before=created_before,
            limit=limit,
            cursor=cursor,
        )

    def counts(self, statuses: Sequence[str]) -> Mapping[str, int]:
        """Returns how many videos there are with each of some statuses."""
        return self._repository.counts(owner=self._known(), statuses=statuses)

    def usage(self) -> Usage:
        """Returns what all videos amount to."""
        return self._repository.usage(owner=self._known())

    def changed(self, since: datetime | None, limit: int) -> Sequence[Saved]:
        """Returns videos by when they were saved last, deleted ones too; see VideoRepository."""
        return self._repository.changed(owner=self._known(), since=since, limit=limit)

    def erased(self, since: datetime | None, limit: int) -> Sequence[Saved]:
        """Returns what is remembered of erased videos, by when they were erased."""
        return self._repository.changed(owner=erased_owner(self._known()), since=since, limit=limit)

    def records(self, video: Video, kind: type[R]) -> Sequence[R]:
        """Returns the records of a kind of a video that get() returned."""
        return self._repository.records(self._own(video), kind)

    def attempts(self, video: Video) -> Sequence[Attempt]:
        """Returns the timeline of a video that get() returned, oldest first."""
        return self._repository.attempts(self._own(video).id)

    def tags(self, video: Video) -> Sequence[Tag]:
        """Returns the tags of a video that get() returned; until they are looked for, those from people."""
        if CORRECTED_STAGE in video.results:
            return self.records(video, Tag)
        return corrected_tags((), video.tag_edits, video.media.duration_s if video.media else 0.0)

    def related(self, video: Video, limit: int) -> Sequence[tuple[Recommendation, Video]]:
        """Returns videos about the same things as one that get() returned, most alike first, and why they are."""
        own = self._own(video)
        points = self.records(own, Embedding) if self.searchable_by_meaning else ()
        return related_videos(own, self.tags(own), self._repository, points=points, limit=limit)

    def search(self, query: str, limit: int) -> Sequence[SearchHit]:
        """Returns places that answer a query, best first; see VideoRepository."""
        return self._repository.search(query, owner=self._known(), limit=limit)

    @property
    def searchable_by_meaning(self) -> bool:
        """Whether nearest() can be used."""
        return self._embedder is not None

    def nearest(self, query: str, limit: int) -> Sequence[SearchHit]:
        """Returns places that mean the like of a query, best first. Raises RuntimeError without an embedder."""
        if self._embedder is None:
            raise RuntimeError("nothing here is searchable by meaning")
        (vector,) = self._embedder.embed([query], "query", None)
        return self._repository.nearest(vector, model=self._embedder.model, owner=self._known(), limit=limit)

    def _own(self, video: Video | None) -> Video:
        if video is None or video.owner != self._owner:
            raise NotFound("There is no such video.")
        return video

    def _known(self) -> str:
        if self._owner is None:
            raise NotFound("There is no such video.")
        return self._owner


class OwnedDocuments:
    """What one owner has besides videos.

    Args:
        store: Where everybody's are.
        owner: Whose these are; None reaches nothing.
    """

    def __init__(self, store: DocumentStore, owner: str | None) -> None:
        self._store = store
        self._owner = owner

    def get(self, kind: type[D], document_id: str) -> D | None:
        """Returns a document; None if there is none, or it is somebody else's."""
        return self._store.get(kind, document_id, owner=self._known())

    def all(self, kind: type[D], *, limit: int = 100, before: str | None = None) -> Sequence[D]:
        """Returns documents of a kind by id, greatest first; see DocumentStore.owned()."""
        return self._store.owned(kind, owner=self._known(), limit=limit, before=before)

    def every(self, kind: type[D]) -> Iterator[D]:
        """Yields all documents of a kind by id, greatest first."""
        before: str | None = None
        while page := self.all(kind, before=before):
            yield from page
            before = page[-1].id

    def about(self, kind: type[D], video: Video) -> Sequence[D]:
        """Returns all documents of a kind about a video that get() of OwnedVideos returned, in no order."""
        return [document for document in self._store.about(kind, video.id) if document.owner == self._known()]

    def update(self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]]) -> T:
        """Changes a document; see DocumentStore.update(). Raises NotFound if it is somebody else's."""
        return self._store.update(kind, document_id, decide, owner=self._known())

    def delete(self, kind: type[D], document_id: str) -> None:
        """Removes a document; a missing one is no error."""
        self._store.delete(kind, document_id, owner=self._known())

    def _known(self) -> str:
        if self._owner is None:
            raise NotFound("There is no such thing.")
        return self._owner
