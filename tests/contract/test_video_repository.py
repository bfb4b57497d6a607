"""What every VideoRepository does, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sql.database import sqlite_url
from shared.adapters.sql.repository import SqlVideoRepository
from shared.domain.attempt import Effort
from shared.domain.change import Change
from shared.domain.errors import LeaseLost
from shared.domain.records import Artifact, SearchEntry, Segment, Tag
from shared.domain.video import Video
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import object_ref, search_entry, shot, tag

REPOSITORIES: dict[str, Callable[[Path], VideoRepository]] = {
    "fake": lambda _: InMemoryVideoRepository(),
    "sqlite": lambda path: SqlVideoRepository(sqlite_url(path / "not yet there" / "videos.db")),
}


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VideoRepository]:
    repository = REPOSITORIES[request.param](tmp_path)
    yield repository
    if isinstance(repository, SqlVideoRepository):
        repository.close()


@pytest.fixture
def driver(repository: VideoRepository) -> VideoDriver:
    return VideoDriver(repository)


class TestUpdate:
    def test_a_change_is_there_afterwards(self, repository: VideoRepository, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")
        driver.commit(claim, [search_entry("a title")])

        stored = driver.video(video.id)
        assert stored.status == "ingested"
        assert stored.media is not None
        assert stored.lease is None
        assert repository.records(stored, SearchEntry) == [search_entry("a title")]
        assert [attempt.outcome for attempt in repository.attempts(video.id)] == ["succeeded"]
        assert [event.type for event in repository.outbox()] == ["video-ingested"]

    def test_a_video_comes_back_as_it_was(self, repository: VideoRepository, driver: VideoDriver) -> None:
        video = driver.finish(driver.upload("ann/\udcff\n\U0001f3ac.mp4"))
        renewed = driver.replay(video, "segment")
        claim = driver.claim(renewed, "segment")

        assert repository.get(video.id) == claim.video

    def test_the_answer_is_passed_on_and_an_unknown_video_is_none(self, repository: VideoRepository) -> None:
        seen: list[Video | None] = []

        def decide(video: Video | None) -> Change[str]:
            seen.append(video)
            return Change(answer="yes")

        assert repository.update("unknown", decide) == "yes"
        assert seen == [None]
        assert repository.get("unknown") is None

    def test_what_the_decision_raises_leaves_everything_as_it_was(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")
        before = driver.video(video.id)

        def refuse(_: Video | None) -> Change[None]:
            raise LeaseLost("because")

        with pytest.raises(LeaseLost):
            repository.update(video.id, refuse)
        assert driver.video(video.id) == before
        driver.commit(claim)

    def test_a_change_that_cant_be_kept_is_not_kept_in_part(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        claim = driver.claim(driver.upload(), "ingest")
        before = driver.video(claim.video.id)
        unkeepable = search_entry("no number", start_s=float("nan"))

        with pytest.raises(ValueError, match="JSON"):
            driver.commit(claim, [search_entry("fine"), unkeepable])
        assert driver.video(claim.video.id) == before
        assert repository.outbox() == []
        assert [attempt.outcome for attempt in repository.attempts(before.id)] == ["running"]
        assert repository.search("fine") == []

    def test_the_timeline_has_one_line_an_attempt(self, repository: VideoRepository, driver: VideoDriver) -> None:
        video = driver.upload()
        first = driver.claim(video, "ingest", "one")
        driver.clock.advance(LEASE_S)
        second = driver.claim(video, "ingest", "two")
        driver.commit(second)
        driver.claim(video, "transcode", "three")

        timeline = repository.attempts(video.id)
        assert [(line.token, line.worker, line.outcome) for line in timeline] == [
            (first.lease.token, "one", "lost"),
            (second.lease.token, "two", "succeeded"),
            (second.lease.token + 1, "three", "running"),
        ]
        assert repository.attempts("unknown") == []


class TestRecords:
    def test_they_keep_their_order_and_kind(self, repository: VideoRepository, driver: VideoDriver) -> None:
        shots = [shot(index, index, index + 1.0) for index in range(12)]
        picture = Artifact(role="poster", object=object_ref())
        video = driver.finish(driver.upload(), {"segment": [*shots[:6], picture, *shots[6:]]})

        assert repository.records(video, Segment) == shots
        assert repository.records(video, Artifact) == [picture]
        assert repository.records(video, Tag) == []

    def test_stages_follow_each_other(self, repository: VideoRepository, driver: VideoDriver) -> None:
        first, second = (Artifact(role=role, object=object_ref()) for role in ("hls", "poster"))
        video = driver.finish(driver.upload(), {"transcode": [first], "segment": [second]})

        assert repository.records(video, Artifact) == [first, second]

    def test_only_the_result_sets_that_count_are_shown(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        old = driver.finish(driver.upload(), {"segment": [shot(0, 0, 1)], "tag": [tag("old")]})
        renewed = driver.replay(old, "tag")

        assert repository.records(renewed, Segment) == [shot(0, 0, 1)]
        assert repository.records(renewed, Tag) == []
        new = driver.finish(renewed, {"tag": [tag("new")]})
        assert repository.records(new, Tag) == [tag("new")]

    def test_pruning_removes_what_does_not_count(self, repository: VideoRepository, driver: VideoDriver) -> None:
        old = driver.finish(driver.upload(), {"segment": [shot(0, 0, 1)], "tag": [search_entry("old")]})
        new = driver.finish(driver.replay(old, "tag"), {"tag": [search_entry("new")]})
        repository.prune(new)
        repository.prune(new)

        assert repository.records(old, SearchEntry) == []
        assert repository.records(new, SearchEntry) == [search_entry("new")]
        assert repository.records(new, Segment) == [shot(0, 0, 1)]
        assert [hit.text for hit in repository.search("new")] == ["new"]
        assert repository.search("old") == []

    @pytest.mark.reliability("B26")
    def test_pruning_with_an_old_copy_removes_nothing_that_counts(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        old = driver.finish(driver.upload(), {"tag": [tag("old")]})
        new = driver.finish(driver.replay(old, "tag"), {"tag": [tag("new")]})
        repository.prune(old)

        assert repository.records(new, Tag) == [tag("new")]

    def test_pruning_leaves_other_videos_alone(self, repository: VideoRepository, driver: VideoDriver) -> None:
        other = driver.finish(driver.upload("ann/other.mp4"), {"tag": [tag("kept"), search_entry("kept")]})
        gone = driver.finish(driver.upload(), {"tag": [tag("gone")]})
        repository.prune(driver.delete(gone))

        assert repository.records(gone, Tag) == []
        assert repository.attempts(gone.id) == [], "it tells what was in the video"
        assert repository.attempts(other.id)
        assert repository.records(other, Tag) == [tag("kept")]
        assert len(repository.search("kept")) == 1


class TestList:
    def test_pages_are_newest_first_and_complete(self, repository: VideoRepository, driver: VideoDriver) -> None:
        expected = [driver.upload(f"ann/{index}.mp4").id for index in range(7)][::-1]
        pages, cursor = [], None
        while True:
            page = repository.list_videos(limit=3, cursor=cursor)
            pages.append([video.id for video in page.videos])
            if (cursor := page.next_cursor) is None:
                break

        assert pages == [expected[:3], expected[3:6], expected[6:]]

    def test_a_page_that_is_just_full_is_the_last(self, repository: VideoRepository, driver: VideoDriver) -> None:
        driver.upload()

        assert repository.list_videos(limit=1).next_cursor is None

    def test_what_is_added_meanwhile_moves_nothing(self, repository: VideoRepository, driver: VideoDriver) -> None:
        ids = [driver.upload(f"ann/{index}.mp4").id for index in range(4)]
        first = repository.list_videos(limit=2)
        driver.upload("ann/new.mp4")
        driver.delete(first.videos[-1])

        second = repository.list_videos(limit=2, cursor=first.next_cursor)
        assert [video.id for video in (*first.videos, *second.videos)] == ids[::-1]

    def test_videos_of_one_instant_are_told_apart(self, repository: VideoRepository, driver: VideoDriver) -> None:
        for index in range(5):
            driver.upload(f"ann/{index}.mp4")
            driver.clock.advance(-60)
        seen, cursor = [], None
        for _ in range(5):
            page = repository.list_videos(limit=1, cursor=cursor)
            seen += [video.id for video in page.videos]
            cursor = page.next_cursor

        assert (len(set(seen)), cursor) == (5, None)

    def test_it_filters(self, repository: VideoRepository, driver: VideoDriver) -> None:
        ready = driver.finish(driver.upload("ann/ready.mp4"))
        waiting = driver.upload("ann/waiting.mp4")
        other = driver.upload("bob/clip.mp4")
        driver.delete(driver.upload("ann/gone.mp4"))

        def ids(**filters: Any) -> list[str]:
            return [video.id for video in repository.list_videos(**filters).videos]

        assert ids() == [other.id, waiting.id, ready.id]
        assert ids(owner="ann") == [waiting.id, ready.id]
        assert ids(owner="ann", status="ready") == [ready.id]
        assert ids(owner="carl") == []
        assert ids(status="deleted") == []

    @pytest.mark.reliability("A33")
    def test_a_cursor_that_was_not_given_out_is_refused(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        for index in range(3):
            driver.upload(f"ann/{index}.mp4")
        cursor = repository.list_videos(owner="ann", limit=1).next_cursor
        assert cursor is not None

        tampered = [
            cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))
        ]
        for bad in ("", "x", "not a cursor", "é", cursor + "A", cursor[:-1], cursor + "=", *tampered):
            with pytest.raises(ValueError, match="cursor"):
                repository.list_videos(owner="ann", limit=1, cursor=bad)
        others: list[dict[str, Any]] = [{"owner": "bob"}, {}, {"owner": "ann", "status": "ready"}]
        for other in others:
            with pytest.raises(ValueError, match="cursor"):
                repository.list_videos(**other, cursor=cursor)

    def test_a_deleted_video_is_not_found(self, repository: VideoRepository, driver: VideoDriver) -> None:
        video = driver.upload()
        driver.delete(video)

        assert repository.get(video.id) is None


class TestSearch:
    @pytest.fixture
    def video(self, driver: VideoDriver) -> Video:
        entries = [
            search_entry("The quick brown fox", source="speech", start_s=1.0, end_s=2.0),
            search_entry("Quarterly REVENUE: 42 %", start_s=3.0, end_s=4.0),
            search_entry("Café münchen naïve", start_s=5.0, end_s=6.0),
            search_entry("holiday", source="tag", start_s=7.0, end_s=8.0),
        ]
        return driver.finish(driver.upload(), {"tag": entries})

    def test_a_hit_says_where(self, repository: VideoRepository, video: Video) -> None:
        (hit,) = repository.search("fox")

        assert (hit.video_id, hit.name, hit.source) == (video.id, "clip.mp4", "speech")
        assert (hit.text, hit.start_s, hit.end_s) == ("The quick brown fox", 1.0, 2.0)
        assert hit.score > 0

    @pytest.mark.usefixtures("video")
    @pytest.mark.parametrize(
        ("query", "start_s"),
        [
            ("FOX", [1.0]),
            ("quick fox", [1.0]),
            ("fox quick", [1.0]),
            ("fo", [1.0]),
            ("qui bro", [1.0]),
            ("ox", []),
            ("fox revenue", []),
            ("revenue: 42%", [3.0]),
            ("cafe", [5.0]),
            ("CAFÉ", [5.0]),
            ("cafe\u0301", [5.0]),
            ("munchen", [5.0]),
            ("q", [1.0, 3.0]),
            ("holidays", []),
        ],
    )
    def test_all_words_or_their_beginnings_are_found(
        self, repository: VideoRepository, query: str, start_s: list[float]
    ) -> None:
        assert sorted(hit.start_s for hit in repository.search(query)) == start_s

    @pytest.mark.usefixtures("video")
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "   ",
            "---",
            '"',
            '""" fox',
            "fox OR",
            "NOT",
            "AND AND",
            "NEAR(fox, 2)",
            "text:fox^2",
            "fo* + (x",
            "fox\0",
            "';DROP TABLE videos;--",
            "%_\\",
            "\udcff",
            "a" * 10_000,
            "fox " * 10_000,
        ],
    )
    @pytest.mark.reliability("A40")
    def test_any_text_is_a_query(self, repository: VideoRepository, query: str) -> None:
        for hit in repository.search(query):
            assert "fox" in hit.text

    def test_the_closest_comes_first(self, repository: VideoRepository, driver: VideoDriver) -> None:
        far = search_entry("a fox among very many other words that are about something else", start_s=1.0)
        near = search_entry("the fox", start_s=2.0)
        driver.finish(driver.upload(), {"tag": [far, near]})

        hits = repository.search("fox")
        assert [hit.start_s for hit in hits] == [2.0, 1.0]
        assert hits[0].score > hits[1].score
        assert repository.search("fox", limit=1) == hits[:1]

    @pytest.mark.reliability("A31")
    def test_only_the_owners_videos_are_found(
        self, repository: VideoRepository, driver: VideoDriver, video: Video
    ) -> None:
        other = driver.finish(driver.upload("bob/clip.mp4"), {"tag": [search_entry("fox")]})

        assert {hit.video_id for hit in repository.search("fox")} == {video.id, other.id}
        assert {hit.video_id for hit in repository.search("fox", owner="bob")} == {other.id}
        assert repository.search("fox", owner="carl") == []

    @pytest.mark.reliability("B27")
    def test_what_no_longer_counts_is_not_found(
        self, repository: VideoRepository, driver: VideoDriver, video: Video
    ) -> None:
        renewed = driver.finish(driver.replay(video, "tag"), {"tag": [search_entry("hare")]})
        assert repository.search("fox") == []
        assert len(repository.search("hare")) == 1

        driver.delete(renewed)
        assert repository.search("hare") == []


class TestRelated:
    def test_most_shared_labels_come_first(self, repository: VideoRepository, driver: VideoDriver) -> None:
        def finished(name: str, *labels: str) -> Video:
            return driver.finish(driver.upload(name), {"tag": [tag(label) for label in labels]})

        video = finished("ann/clip.mp4", "a", "b", "c")
        one = finished("ann/one.mp4", "a", "x")
        two = finished("ann/two.mp4", "b", "c")
        finished("ann/none.mp4", "x")
        finished("bob/clip.mp4", "a", "b", "c")
        driver.delete(finished("ann/gone.mp4", "a", "b", "c"))
        driver.replay(finished("ann/again.mp4", "a", "b", "c"), "tag")

        labels = ["a", "b", "c"]
        related = repository.related(owner="ann", labels=labels, exclude=video.id)
        assert [(other.video_id, sorted(other.labels)) for other in related] == [
            (two.id, ["b", "c"]),
            (one.id, ["a"]),
        ]
        assert repository.related(owner="ann", labels=labels, exclude=video.id, limit=1) == related[:1]

    def test_no_labels_have_no_relatives(self, repository: VideoRepository, driver: VideoDriver) -> None:
        driver.finish(driver.upload("ann/other.mp4"), {"tag": [tag("a")]})

        assert repository.related(owner="ann", labels=[], exclude="nobody") == []


class TestOutbox:
    @pytest.mark.reliability("B5", "B6")
    def test_events_stay_until_they_are_marked(self, repository: VideoRepository, driver: VideoDriver) -> None:
        first = driver.commit(driver.claim(driver.upload("ann/1.mp4"), "ingest"))
        second = driver.commit(driver.claim(driver.upload("ann/2.mp4"), "ingest"))
        driver.commit(driver.claim(first, "transcode"))

        events = repository.outbox()
        assert [(event.video_id, event.type) for event in events] == [
            (first.id, "video-ingested"),
            (second.id, "video-ingested"),
            (first.id, "video-transcoded"),
        ]
        assert repository.outbox(limit=2) == events[:2]
        assert repository.outbox(video_id=first.id) == [events[0], events[2]]
        repository.mark_published([events[0].event_id, "unknown"])
        assert repository.outbox() == events[1:]
        repository.mark_published([])
        repository.mark_published([event.event_id for event in events])
        assert repository.outbox() == []


class TestSweeping:
    def test_a_stalled_video_is_unfinished_idle_and_nobodys(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        def ids() -> set[str]:
            return {
                video.id for video in repository.stalled(idle_since=driver.clock.now() - timedelta(seconds=10))
            }

        failed = driver.fail(driver.claim(driver.upload("ann/failed.mp4"), "ingest"))
        driver.finish(driver.upload("ann/ready.mp4"))
        driver.delete(driver.upload("ann/gone.mp4"))
        waiting = driver.upload("ann/waiting.mp4")
        held = driver.upload("ann/held.mp4")
        claim = driver.claim(held, "ingest")
        assert failed.status == "failed"
        assert ids() == {waiting.id}

        driver.clock.advance(LEASE_S - 1)
        repository.update(held.id, driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.5))
        driver.clock.advance(LEASE_S - 1)
        assert ids() == {waiting.id}
        driver.clock.advance(1 + 10)
        assert ids() == {waiting.id, held.id}
        assert [video.id for video in repository.stalled(idle_since=driver.clock.now(), limit=1)] == [waiting.id]

    def test_leased_videos_are_listed_until_the_lease_is_given_back(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        driver.upload("ann/waiting.mp4")
        one, two = (driver.claim(driver.upload(f"ann/{name}.mp4"), "ingest") for name in ("one", "two"))
        driver.clock.advance(LEASE_S * 2)
        assert {video.id for video in repository.leased()} == {one.video.id, two.video.id}
        assert len(repository.leased(limit=1)) == 1

        assert one.lease is not None
        repository.update(one.video.id, driver.lifecycle.interrupt(one.lease, driver.clock.now()))
        driver.commit(two)
        assert repository.leased() == []

    def test_settled_videos_are_unswept_until_they_are_marked(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        ready = driver.finish(driver.upload("ann/ready.mp4"))
        failed = driver.fail(driver.claim(driver.upload("ann/failed.mp4"), "ingest"))
        gone = driver.delete(driver.upload("ann/gone.mp4"))
        driver.claim(driver.upload("ann/busy.mp4"), "ingest")
        assert [video.id for video in repository.unswept()] == [ready.id, failed.id, gone.id]
        assert [video.id for video in repository.unswept(limit=1)] == [ready.id]

        for video in (ready, failed, gone):
            repository.update(video.id, driver.lifecycle.mark_swept(video))
        assert repository.unswept() == []
        driver.finish(driver.replay(ready, "tag"))
        assert [video.id for video in repository.unswept()] == [ready.id]


@pytest.mark.reliability("B10")
def test_a_stale_token_changes_nothing(repository: VideoRepository, driver: VideoDriver) -> None:
    video = driver.upload()
    zombie = driver.claim(video, "ingest", "zombie")
    driver.clock.advance(LEASE_S)
    live = driver.claim(video, "ingest", "live")

    for decision in (
        driver.lifecycle.commit(zombie, driver.clock.now(), Effort(), [search_entry("zombie")]),
        driver.lifecycle.heartbeat(zombie, driver.clock.now(), LEASE_S, 1.0),
        driver.lifecycle.release(zombie, driver.clock.now(), Effort(), "retry", "code", "reason"),
    ):
        with pytest.raises(LeaseLost):
            repository.update(video.id, decision)
    assert driver.video(video.id).lease == live.lease
    assert repository.outbox() == []
    driver.commit(live, [search_entry("live")])
    assert repository.search("zombie") == []
    assert replace(driver.video(video.id), media=None).status == "ingested"
