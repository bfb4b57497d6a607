"""Where videos, their results and the outbox are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, TypeVar

from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.events import VideoEvent
from shared.domain.media import Kind
from shared.domain.records import Record, SearchSource
from shared.domain.search_query import Fit
from shared.domain.transcript import ROUGH_BELOW
from shared.domain.video import Video

__all__ = ["Page", "RelatedVideo", "Saved", "SearchHit", "Sort", "Usage", "VideoRepository"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)

Sort: TypeAlias = Literal["-created_at", "created_at", "-updated_at"]
"""By what videos are listed; a minus sign puts the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some videos, in the order asked for, and where to go on.

    Attributes:
        videos: The videos.
        next_cursor: Pass it to get the page after; None at the end.
    """

    videos: tuple[Video, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One place in one video where a query was found.

    Attributes:
        video_id: The video.
        name: Its source's display name.
        title: What it is called.
        added_at: When it was added.
        source: Where the text comes from.
        text: The whole text found.
        start_s: Where in the video it starts.
        end_s: Where it ends.
        confidence: How surely the text is there, 0..1.
        fit: How the text fits the words that were looked for; None where its meaning was compared.
        score: Relevance; higher is better, comparable within one answer only.
    """

    video_id: str
    name: str
    title: str
    added_at: datetime
    source: SearchSource
    text: str
    start_s: float
    end_s: float
    confidence: float = 1.0
    fit: Fit | None = None
    score: float

    @property
    def rough(self) -> bool:
        """Whether the text is more likely wrong than right."""
        return self.confidence < ROUGH_BELOW

    @property
    def rank(self) -> tuple[float, float, str, float]:
        """What hits are sorted by: of those that are as relevant, the newest video's come first, in order."""
        return -self.score, -self.added_at.timestamp(), self.video_id, self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedVideo:
    """A video and those of the labels asked for that it carries, in no order."""

    video_id: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an owner's videos amount to, without deleted ones.

    Attributes:
        videos: How many there are.
        unfinished: How many of them are neither ready nor failed.
        source_bytes: Bytes of their sources.
        media_s: Seconds they last, as far as they were probed.
        model_usd: What models cost for them at list price, in US dollars, all runs together.
    """

    videos: int
    unfinished: int
    source_bytes: int
    media_s: float
    model_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A video as it is, and when it was saved last, by the store's own time.

    That never goes back for an owner, whatever the clocks of those who save say. Two videos may have the same.
    """

    at: datetime
    video: Video


class VideoRepository(Protocol):
    """Stores videos and everything known about them.

    Only result sets that a video's ``results`` names are ever returned. Every method raises TransientError when
    the store can't be reached or is full; nothing is half done then.
    """

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        """Loads a video, decides, and saves the change in one transaction.

        Args:
            video_id: The video, which need not exist.
            decide: Pure function of the stored video (None if there is none); may be called more than once.
                What it raises is passed on and nothing is saved. An erased video is what is remembered of it, with
                the id that ``erased_id`` tells; a change may give it one of the two ids in place of the other.

        Returns:
            The change's answer, after the change is durable.
        """
        ...

    def get(self, video_id: str) -> Video | None:
        """Returns a video; None if there is none or it is deleted."""
        ...

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
        """Returns videos without deleted ones.

        Args:
            owner: Whose; None for everybody's.
            status: Only with this status.
            kind: Only of this kind, which no video is before it was measured; an owner has to be named.
            sort: In which order.
            created_after: Only those created then or later.
            created_before: Only those created earlier than this.
            limit: At most so many.
            cursor: The ``next_cursor`` of the page before, asked for with the same arguments.

        Raises:
            ValueError: The cursor was not given out for this listing.
        """
        ...

    def counts(self, *, owner: str, statuses: Sequence[str]) -> Mapping[str, int]:
        """Returns how many videos an owner has with each of some statuses."""
        ...

    def usage(self, *, owner: str) -> Usage:
        """Returns what an owner's videos amount to."""
        ...

    def changed(self, *, owner: str, since: datetime | None = None, limit: int = 100) -> Sequence[Saved]:
        """Returns an owner's videos by the time they were saved last, oldest first, heartbeats and deletions too.

        Args:
            owner: Whose.
            since: Only those saved then or later, the first of them; None for the last of all. A change that takes
                a while to become visible may come with a time a little earlier than others that were seen before.
            limit: At most so many. Fewer are saved in any one instant.
        """
        ...

    def records(self, video: Video, kind: type[R]) -> Sequence[R]:
        """Returns all records of a kind in the result sets that the video names, in the order they were left."""
        ...

    def attempts(self, video_id: str) -> Sequence[Attempt]:
        """Returns the timeline, oldest first."""
        ...

    def search(self, query: str, *, owner: str | None = None, limit: int = 20) -> Sequence[SearchHit]:
        """Returns places whose texts answer a query, best first: ``search_query`` is the rule.

        Of those that fit alike, the best are those of which the query's words are the greatest share. Where very
        many hold all words, a store may compare some only: the newest, where it can tell.

        Any text is a valid query: signs that mean something to the store's own query language are words here, but
        for quotes around phrases.
        """
        ...

    def nearest(
        self, vector: Sequence[float], *, model: str, owner: str | None = None, limit: int = 20
    ) -> Sequence[SearchHit]:
        """Returns the embedded places whose meaning is closest, best first; a hit's score is the cosine, -1..1.

        Args:
            vector: The point to search around, of length 1, with as many dimensions as the model's.
            model: Only embeddings of this model are compared.
            owner: Whose videos; None for everybody's.
            limit: At most so many places.
        """
        ...

    def related(
        self, *, owner: str, labels: Sequence[str], exclude: str, limit: int = 10
    ) -> Sequence[RelatedVideo]:
        """Returns an owner's videos that share tag labels, most shared labels first.

        Args:
            owner: Whose videos.
            labels: The labels to share; they need not be stored yet.
            exclude: Id of the video that asks, which is never in the answer.
            limit: At most so many videos.
        """
        ...

    def outbox(self, *, limit: int = 100, video_id: str | None = None) -> Sequence[VideoEvent]:
        """Returns events that were committed but not yet marked published, oldest first."""
        ...

    def mark_published(self, event_ids: Sequence[str]) -> None:
        """Takes events off the outbox; unknown ids are ignored."""
        ...

    def stalled(self, *, idle_since: datetime, limit: int = 100) -> Sequence[Video]:
        """Returns videos in the pipeline that nobody holds a running lease on and that did not move since then."""
        ...

    def leased(self, *, limit: int = 1000) -> Sequence[Video]:
        """Returns videos that somebody holds a lease on, run out or not."""
        ...

    def unswept(self, *, limit: int = 100) -> Sequence[Video]:
        """Returns settled videos (ready, failed, deleted) whose leftovers were not cleared yet."""
        ...

    def prune(self, video: Video) -> Mapping[str, int]:
        """Removes the result sets that the video does not name, for good; of a deleted one, its timeline too.

        Returns:
            Class name, such as ``Segment`` or ``Attempt`` -> how many of these were removed.
        """
        ...
