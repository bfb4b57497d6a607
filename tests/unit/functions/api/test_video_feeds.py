"""What a feed asks for and tells when changes become visible late, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from functions.api import video_feeds
from functions.api.access import OwnedVideos
from functions.api.video_feeds import OwnerFeed, VideoChange
from functions.api.views import Views
from shared.domain.identity import erased_owner
from shared.domain.video import Video
from shared.ports.video_repository import Saved, VideoRepository
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

START = datetime(2026, 1, 1, tzinfo=UTC)


class Scripted:
    """What a repository says has changed; a test adds to it whenever it likes.

    Attributes:
        saved: Everything there is.
        asked: From when on it was asked, in seconds.
    """

    def __init__(self) -> None:
        self.saved: list[Saved] = []
        self.asked: list[float | None] = []
        self._driver = VideoDriver(InMemoryVideoRepository())

    def save(self, at_s: float, name: str = "") -> Video:
        """Saves another video."""
        video = self._driver.upload(f"ann/{name or len(self.saved)}.mp4")
        self.saved.append(Saved(at=START + timedelta(seconds=at_s), video=video))
        return video

    def changed(self, *, owner: str, since: datetime | None, limit: int) -> Sequence[Saved]:
        """Answers as a repository."""
        if owner == erased_owner("ann"):
            return []
        assert owner == "ann"
        self.asked.append(None if since is None else (since - START).total_seconds())
        ordered = sorted(self.saved, key=lambda each: each.at)
        return ordered[-limit:] if since is None else [each for each in ordered if each.at >= since][:limit]


class Listener:
    """A feed over a script."""

    def __init__(self, last_id: str | None = None) -> None:
        self.clock = ManualClock()
        self.script = Scripted()
        videos = OwnedVideos(cast("VideoRepository", self.script), "ann")
        self.feed = OwnerFeed(videos, Views(lambda name: name), "ann", self.clock, last_id)

    def look(self) -> list[str]:
        """Returns the ids of the videos that are told of."""
        return [cast("VideoChange", event.data).id for event in self.feed.look()]


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_what_becomes_visible_late_is_told(listener: Listener) -> None:
    on_time = listener.script.save(10.0)
    assert listener.look() == [on_time.id]

    late = listener.script.save(5.5)
    assert listener.look() == [late.id]
    assert listener.look() == []


def test_who_comes_back_is_told_what_became_visible_late(listener: Listener) -> None:
    listener.script.save(10.0)
    (event,) = listener.feed.look()
    late = listener.script.save(6.0)
    again = Listener(event.id)
    again.script.saved = listener.script.saved

    assert late.id in again.look()


def test_when_nothing_changes_there_is_little_to_read(listener: Listener) -> None:
    listener.script.save(10.0)
    for _ in range(9):
        listener.look()
        listener.clock.advance(1)

    assert listener.script.asked == [None, *[5.0] * 5, *[10.0] * 3]


def test_an_empty_account_waits_for_its_first_video(listener: Listener) -> None:
    assert listener.look() == []
    first = listener.script.save(0.0)
    assert listener.look() == [first.id]


def test_very_many_at_once_are_all_told(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_feeds, "_PAGE", 10)
    listener.script.save(0.0)
    listener.look()
    many = [listener.script.save(1 + number / 100).id for number in range(35)]

    assert listener.look() == many
    assert listener.look() == []


def test_an_instant_in_which_too_much_happened_stops_nobody(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_feeds, "_PAGE", 10)
    listener.script.save(0.0)
    listener.look()
    for _ in range(30):
        listener.script.save(1.0)
    later = listener.script.save(2.0)

    assert later.id in listener.look()


def test_a_feed_remembers_only_so_much(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_feeds, "_MOST_REMEMBERED", 3)
    told: Any = listener.feed._told
    for second in range(10):
        listener.script.save(float(second))
    listener.look()

    assert len(told) == 3
