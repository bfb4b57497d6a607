"""What every VideoRepository does with changes, records, the outbox and leases, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import column, select, table

from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.tables import METADATA
from shared.domain.attempt import Effort
from shared.domain.change import Change, Declined
from shared.domain.codec import encode_json
from shared.domain.errors import LeaseLost, NotFound
from shared.domain.identity import erased_id, erased_owner
from shared.domain.records import Artifact, SearchEntry, Segment, Tag
from shared.domain.video import Details, Video
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import embedding, object_ref, search_entry, shot, tag, upload


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
        assert [event.type for event in repository.outbox()] == ["video-registered", "video-ingested"]

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
        assert [event.type for event in repository.outbox()] == ["video-registered"]
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


class TestOutbox:
    @pytest.mark.reliability("B5", "B6")
    def test_events_stay_until_they_are_marked(self, repository: VideoRepository, driver: VideoDriver) -> None:
        first = driver.commit(driver.claim(driver.upload("ann/1.mp4"), "ingest"))
        second = driver.commit(driver.claim(driver.upload("ann/2.mp4"), "ingest"))
        driver.commit(driver.claim(first, "transcode"))

        events = repository.outbox()
        assert [(event.video_id, event.type) for event in events] == [
            (first.id, "video-registered"),
            (first.id, "video-ingested"),
            (second.id, "video-registered"),
            (second.id, "video-ingested"),
            (first.id, "video-transcoded"),
        ]
        assert repository.outbox(limit=2) == events[:2]
        assert repository.outbox(video_id=first.id) == [events[0], events[1], events[4]]
        repository.mark_published([events[0].event_id, "unknown"])
        assert repository.outbox() == events[1:]
        repository.mark_published([])
        repository.mark_published([event.event_id for event in events])
        assert repository.outbox() == []


class TestReservations:
    def test_a_reservation_is_shown_until_its_bytes_are_there(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        details = Details(title="Holiday", description="At the sea", metadata={"album": "2026"})
        reserved = driver.reserve("ann/to-come.mp4", details=details)

        assert repository.get(reserved.id) == reserved
        assert repository.list_videos(owner="ann", status="uploading").videos == (reserved,)
        assert repository.outbox() == []

        video = driver.register(upload("ann/to-come.mp4", generation=7))
        assert (video.status, video.run, video.details) == ("registered", 1, details)
        assert repository.list_videos(owner="ann", status="uploading").videos == ()
        assert [event.type for event in repository.outbox()] == ["video-registered"]

    def test_what_is_left_of_a_reservation_takes_what_comes_late(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        reserved = driver.reserve("ann/to-come.mp4")
        repository.update(reserved.id, driver.lifecycle.mark_swept(driver.delete(reserved)))
        assert repository.unswept() == []

        finalized = upload("ann/to-come.mp4", generation=7)
        repository.update(reserved.id, driver.lifecycle.register(finalized, driver.clock.now()))
        assert repository.get(reserved.id) is None
        assert [video.source.generation for video in repository.unswept()] == [7]


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
        driver.reserve("ann/to-come.mp4")
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


def everything_in(repository: VideoRepository) -> str:
    """Returns all that the store keeps, by its own means."""
    if isinstance(repository, SqlVideoRepository):
        with repository._database.reading() as connection:
            tables = [*METADATA.sorted_tables, table("search_index", column("words"))]
            return repr([connection.execute(select(one)).all() for one in tables])
    if isinstance(repository, FirestoreVideoRepository):
        return repr(list(_documents(repository._client)))
    return repr(vars(repository))


def _documents(below: Any) -> Iterator[object]:
    for collection in below.collections():
        for document in collection.list_documents():  # also those that are none but have some below them
            yield document.path, document.get().to_dict()
            yield from _documents(document)


class TestForgetting:
    def forget(self, repository: VideoRepository, driver: VideoDriver, name: str = "ann/clip.mp4") -> Video:
        """Erases a video that there was everything of, and returns what it was."""
        video = driver.finish(
            driver.upload(name, generation=7), {"tag": [search_entry("planted"), tag("planted")]}
        )
        self.erase(repository, driver, video)
        return video

    def erase(self, repository: VideoRepository, driver: VideoDriver, video: Video) -> None:
        gone = driver.delete(video)
        repository.mark_published([event.event_id for event in repository.outbox(video_id=video.id)])
        repository.prune(gone)
        assert repository.update(video.id, driver.lifecycle.forget(gone, driver.clock.now()))

    def stored(self, repository: VideoRepository, video_id: str) -> Video | None:
        return repository.update(video_id, lambda video: Change(answer=video))

    def test_nothing_is_left_that_says_what_it_was(self, repository: VideoRepository, driver: VideoDriver) -> None:
        video = self.forget(repository, driver)
        left = self.stored(repository, video.id)
        assert left is not None
        assert left.id == erased_id(video.id)
        for told in (video.id, "ann", "clip", "uploads", video.trace):
            assert told not in encode_json(left)
        assert repository.get(video.id) is None
        assert repository.get(left.id) is None
        assert repository.list_videos().videos == ()
        assert repository.changed(owner="ann") == []
        assert [saved.video for saved in repository.changed(owner=erased_owner("ann"))] == [left]
        assert repository.search("planted") == []
        assert repository.attempts(video.id) == []
        assert repository.unswept() == []
        assert repository.outbox() == []

    @pytest.mark.reliability("B27")
    def test_nothing_in_the_store_names_it(self, repository: VideoRepository, driver: VideoDriver) -> None:
        driver.upload("ben/other.mp4")
        video = driver.finish(
            driver.upload("planted/planted.mp4"), {"tag": [search_entry("planted"), tag("planted")]}
        )
        assert video.id in everything_in(repository)
        self.erase(repository, driver, video)
        left = everything_in(repository)
        assert erased_id(video.id) in left
        assert "ben/other.mp4" in left
        assert video.id not in left
        assert "planted" not in left

    def test_what_comes_late_is_still_known_to_be_late(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        video = self.forget(repository, driver)
        for generation in (6, 7):
            late = driver.lifecycle.register(upload(generation=generation), driver.clock.now())
            assert repository.update(video.id, late).stale is (generation < 7)
        for run in (1, 2):
            claimed = driver.try_claim(replace(video, run=run), "ingest")
            assert isinstance(claimed, Declined)
            assert claimed.reason == "deleted"
        for decision in (
            driver.lifecycle.delete(driver.clock.now()),
            driver.lifecycle.replay(driver.clock.now()),
        ):
            with pytest.raises(NotFound):
                repository.update(video.id, decision)
        assert repository.get(video.id) is None

    def test_a_newer_upload_of_that_name_is_a_video_again(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        before = self.forget(repository, driver)
        again = driver.upload(generation=8)
        assert (again.id, again.owner, again.run) == (before.id, "ann", before.run + 1)
        assert again.last_token == before.last_token
        assert again.created_at > before.created_at
        assert [event.type for event in repository.outbox()] == ["video-registered"]
        ready = driver.finish(again, {"tag": [search_entry("new")]})
        assert [hit.video_id for hit in repository.search("new")] == [ready.id]
        assert repository.search("planted") == []

        self.erase(repository, driver, ready)
        assert repository.get(ready.id) is None
        assert driver.upload(generation=9).run == before.run + 2

    def test_one_that_came_back_is_not_forgotten(self, repository: VideoRepository, driver: VideoDriver) -> None:
        gone = driver.delete(driver.finish(driver.upload()))
        again = driver.upload(generation=2)
        assert not repository.update(gone.id, driver.lifecycle.forget(gone, driver.clock.now()))
        assert driver.video(again.id) == again

    def test_several_are_forgotten_apart(self, repository: VideoRepository, driver: VideoDriver) -> None:
        kept = driver.upload("ann/kept.mp4")
        first, second = (self.forget(repository, driver, f"ann/{name}.mp4") for name in ("one", "two"))
        assert self.stored(repository, first.id) != self.stored(repository, second.id)
        assert [video.id for video in repository.list_videos().videos] == [kept.id]

    def test_what_pruning_removes_is_counted(self, repository: VideoRepository, driver: VideoDriver) -> None:
        vector = [1.0, *[0.0] * 7]
        video = driver.finish(
            driver.upload(),
            {
                "segment": [shot(index, index, index + 1.0) for index in range(12)],
                "tag": [tag("one"), tag("two"), search_entry("a"), embedding("b", vector), embedding("c", vector)],
            },
        )
        assert repository.prune(video) == {}
        gone = {"Segment": 12, "Tag": 2, "SearchEntry": 1, "Embedding": 2, "Attempt": 5}
        assert repository.prune(driver.delete(video)) == gone
        assert not any(repository.prune(video).values())


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
    assert [event.type for event in repository.outbox()] == ["video-registered"]
    driver.commit(live, [search_entry("live")])
    assert repository.search("zombie") == []
    assert replace(driver.video(video.id), media=None).status == "ingested"
