"""What happens to one video, or to all of an owner's, as feeds of events."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import MINYEAR, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.api.access import OwnedVideos
from functions.api.event_stream import Event
from functions.api.operation import Nothing
from functions.api.rendering import encoded
from functions.api.shapes import Capabilities, Progress
from functions.api.views import Views
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.domain.errors import NotFound
from shared.domain.identity import erased_id
from shared.domain.media import Kind
from shared.domain.status import DELETED
from shared.domain.video import Failure, Video
from shared.ports.clock import Clock
from shared.ports.video_repository import Saved

__all__ = ["OwnerFeed", "VideoChange", "VideoFeed"]

_BEGINS_WITH: Final = 20
"""Videos that a new feed begins with: those that changed while its reader was listing them are among them."""

_PAGE: Final = 100

_LATE: Final = timedelta(seconds=5)
"""A change may become visible so long after others that have later times."""

_MOST_REMEMBERED: Final = 500
"""Videos of which a feed remembers what it told. Of others it may tell the same twice, and can't name one that was
erased."""


class VideoChange(Struct, frozen=True):
    """A video as it is now; ``GET /v1/videos/{id}`` has the rest of it.

    Attributes:
        id: Its id.
        kind: ``audio`` for a recording without moving pictures; null until it was measured, and when it is gone.
        status: Its status; ``deleted`` when it is gone.
        run: Its run.
        progress: The stage that is running, and how far it is.
        capabilities: What can be done with it already.
        failure: Why it failed.
        title: Its title.
        updated_at: When it moved last.
        deleted: Whether it is gone.
    """

    id: str
    kind: Kind | None
    status: str
    run: int
    progress: Progress | None
    capabilities: Capabilities
    failure: Failure | None
    title: str
    updated_at: datetime
    deleted: bool


class VideoFeed:
    """One video, until it is deleted.

    Args:
        videos: The caller's videos.
        views: What shows them.
        video: The video as it is.
        last_id: Id of the last event that the client has got, if any: then nothing is told until it changes.
    """

    def __init__(self, videos: OwnedVideos, views: Views, video: Video, last_id: str | None) -> None:
        self.ended = False
        self._videos = videos
        self._views = views
        self._last = _shown(views, video)
        self._last_id = last_id

    def look(self) -> Sequence[Event]:
        """Returns the video if it is not as it was."""
        try:
            self._last = _shown(self._views, self._videos.get(self._last.id))
        except NotFound:
            self._last, self.ended = _gone(self._last), True
        event_id = hashlib.sha256(encoded(self._last)).hexdigest()[:32]
        if event_id == self._last_id:
            return []
        self._last_id = event_id
        return [Event(name="video", data=self._last, id=event_id)]


class OwnerFeed:
    """All of an owner's videos, in the order they change.

    Args:
        videos: The owner's videos.
        views: What shows them.
        owner: Whose they are.
        clock: The time.
        last_id: Id of the last event that the client has got, if any; else it begins with those that changed last.

    Raises:
        ValueError: No event of this owner's had that id.
    """

    ended = False

    def __init__(self, videos: OwnedVideos, views: Views, owner: str, clock: Clock, last_id: str | None) -> None:
        self._views = views
        self._scope = f"events/{owner}"
        self._begins = last_id is None
        changed, erased = (None, None) if last_id is None else decode_cursor(self._scope, last_id, _positions)
        self._changed = _Changes(videos.changed, clock, changed)
        self._erased = _Changes(videos.erased, clock, erased)
        # By what a video is remembered as once it is erased; None for one that was erased before it was told of.
        self._told: OrderedDict[str, VideoChange | None] = OrderedDict()

    def look(self) -> Sequence[Event]:
        """Returns the videos that changed, and whether some are gone whose ids nobody knows any more."""
        events = [*self._changes(), *self._erasures()]
        self._begins = False
        return events

    def _changes(self) -> Iterator[Event]:
        for video in self._changed.read():
            key, change = erased_id(video.id), _shown(self._views, video)
            if change != self._told.get(key):
                self._remember(key, change)
                yield self._event("video", change)

    def _erasures(self) -> Iterator[Event]:
        for video in self._erased.read():
            told = self._told.get(video.id)
            if told is not None and not told.deleted:
                self._remember(video.id, gone := _gone(told))
                yield self._event("video", gone)
            elif video.id not in self._told:
                self._remember(video.id, None)
                if not self._begins:
                    yield self._event("reload", Nothing())

    def _remember(self, key: str, change: VideoChange | None) -> None:
        self._told[key] = change
        self._told.move_to_end(key)
        if len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)

    def _event(self, name: str, data: Struct) -> Event:
        position = f"{self._changed.position} {self._erased.position}"
        return Event(name=name, data=data, id=encode_cursor(self._scope, position))


class _Changes:
    """What a repository says has changed, read on and on.

    Args:
        changed: Asks it.
        clock: The time.
        seen_until: The latest change that was seen; None for none.
    """

    def __init__(
        self, changed: Callable[[datetime | None, int], Sequence[Saved]], clock: Clock, seen_until: datetime | None
    ) -> None:
        self._ask = changed
        self._clock = clock
        self._seen_until = seen_until
        self._moved_on_s = clock.monotonic()

    @property
    def position(self) -> str:
        """Where it is, as a text without spaces."""
        return "-" if self._seen_until is None else self._seen_until.isoformat()

    def read(self) -> Iterator[Video]:
        """Yields what is new since the last reading, and again what changed shortly before."""
        for saved in self._saved():
            if self._seen_until is None or saved.at > self._seen_until:
                self._seen_until = saved.at
                self._moved_on_s = self._clock.monotonic()
            yield saved.video

    def _saved(self) -> Iterator[Saved]:
        if self._seen_until is None:
            yield from self._ask(None, _BEGINS_WITH)
            return
        settled = self._clock.monotonic() - self._moved_on_s > _LATE.total_seconds()
        since = self._seen_until if settled else self._seen_until - _LATE
        while True:
            page = self._ask(since, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            since = max(page[-1].at, since + timedelta.resolution)


def _positions(text: str) -> list[datetime | None]:
    return [None if position == "-" else _instant(position) for position in text.split(" ")]


def _instant(text: str) -> datetime:
    """Returns an instant that a position names. Raises ValueError for one that nothing here can have had."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or at.year == MINYEAR:
        raise ValueError("no video was saved then")
    return at


def _shown(views: Views, video: Video) -> VideoChange:
    view = views.video(video)
    change = VideoChange(
        id=view.id,
        kind=view.kind,
        status=view.status,
        run=view.run,
        progress=view.progress,
        capabilities=view.capabilities,
        failure=view.failure,
        title=view.title,
        updated_at=view.updated_at,
        deleted=False,
    )
    return _gone(change) if video.status == DELETED else change


def _gone(change: VideoChange) -> VideoChange:
    return replace(
        change,
        kind=None,
        status=DELETED,
        progress=None,
        capabilities=Capabilities(playable=False, searchable=False, tagged=False),
        failure=None,
        title="",
        deleted=True,
    )
