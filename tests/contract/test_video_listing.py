"""How every VideoRepository sorts, counts and sums an owner's videos, and tells which have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from shared.domain.change import Change
from shared.domain.media import MediaInfo
from shared.domain.video import Cost, Video
from shared.ports.video_repository import Sort, Usage, VideoRepository
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import audio_stream, media_info


def pages(repository: VideoRepository, **filters: Any) -> Iterator[list[str]]:
    """Yields the ids on each page."""
    cursor = None
    while True:
        page = repository.list_videos(**filters, cursor=cursor)
        yield [video.id for video in page.videos]
        if (cursor := page.next_cursor) is None:
            return


class TestSort:
    @pytest.fixture
    def videos(self, driver: VideoDriver) -> list[str]:
        """Five videos, oldest first; the first has moved last, and one is deleted, one somebody else's."""
        uploaded = [driver.upload(f"ann/{index}.mp4") for index in range(5)]
        driver.delete(driver.upload("ann/gone.mp4"))
        driver.upload("bob/1.mp4")
        driver.clock.advance(60)
        driver.claim(uploaded[0], "ingest")
        return [video.id for video in uploaded]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [("-created_at", [4, 3, 2, 1, 0]), ("created_at", [0, 1, 2, 3, 4]), ("-updated_at", [0, 4, 3, 2, 1])],
    )
    def test_pages_are_in_the_order_asked_for(
        self, repository: VideoRepository, videos: list[str], sort: Sort, order: list[int]
    ) -> None:
        expected = [videos[index] for index in order]

        found = list(pages(repository, owner="ann", sort=sort, limit=2))
        assert found == [expected[:2], expected[2:4], expected[4:]]

    @pytest.mark.parametrize("sort", get_args(Sort))
    def test_those_of_one_instant_are_told_apart(
        self, repository: VideoRepository, driver: VideoDriver, sort: Sort
    ) -> None:
        for index in range(3):
            driver.upload(f"ann/{index}.mp4")
            driver.clock.advance(-60)

        found = [video_id for page in pages(repository, owner="ann", sort=sort, limit=1) for video_id in page]
        assert len(set(found)) == len(found) == 3

    @pytest.mark.parametrize("sort", get_args(Sort))
    def test_it_may_be_narrowed_down_to_a_time(
        self, repository: VideoRepository, driver: VideoDriver, videos: list[str], sort: Sort
    ) -> None:
        first, last = (driver.video(videos[index]).created_at for index in (1, 3))

        def between(**filters: Any) -> set[str]:
            found = pages(repository, owner="ann", sort=sort, limit=1, **filters)
            return {video_id for page in found for video_id in page}

        assert between(created_after=first) == set(videos[1:])
        assert between(created_before=last) == set(videos[:3])
        assert between(created_after=first, created_before=last) == set(videos[1:3])
        assert between(created_after=first, created_before=first) == set()
        assert between(created_after=first, created_before=last, status="registered") == set(videos[1:3])
        assert between(created_after=first, created_before=last, status="ready") == set()

    @pytest.mark.parametrize("sort", get_args(Sort))
    def test_it_may_be_of_one_kind(self, repository: VideoRepository, driver: VideoDriver, sort: Sort) -> None:
        def measured(name: str, media: MediaInfo) -> str:
            return driver.commit(driver.claim(driver.upload(name), "ingest"), media=media).id

        sound = media_info(video=(), audio=(audio_stream(),))
        talks = [measured(f"ann/{index}.mp3", sound) for index in range(3)]
        clip = measured("ann/clip.mp4", media_info())
        measured("bob/talk.mp3", sound)
        driver.upload("ann/unmeasured.mp3")

        def ids(**filters: Any) -> list[str]:
            return [one for page in pages(repository, owner="ann", sort=sort, limit=2, **filters) for one in page]

        assert ids(kind="audio") == (talks if sort == "created_at" else talks[::-1])
        assert ids(kind="video") == [clip]
        assert len(ids(kind="audio", status="ingested")) == 3
        assert ids(kind="audio", status="ready") == []

    @pytest.mark.reliability("A33")
    @pytest.mark.usefixtures("videos")
    def test_a_cursor_is_good_for_its_own_listing_only(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        listing: dict[str, Any] = {"owner": "ann", "sort": "created_at", "limit": 1}
        cursor = repository.list_videos(**listing).next_cursor

        others: list[dict[str, Any]] = [
            {"sort": "-created_at"},
            {"kind": "video"},
            {"created_after": driver.clock.now()},
            {"created_before": driver.clock.now()},
            {"owner": "bob"},
        ]
        for other in others:
            with pytest.raises(ValueError, match="cursor"):
                repository.list_videos(**(listing | other), cursor=cursor)


class TestSums:
    def test_nothing_is_nothing(self, repository: VideoRepository) -> None:
        nothing = Usage(videos=0, unfinished=0, source_bytes=0, media_s=0.0, model_usd=0.0)

        assert repository.usage(owner="ann") == nothing
        assert repository.counts(owner="ann", statuses=["ready", "\udcff"]) == {"ready": 0, "\udcff": 0}

    def test_an_owners_videos_are_counted_and_summed_up(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        ready = driver.upload("ann/ready.mp4", size_bytes=5_000_000_000)
        driver.commit(driver.claim(ready, "ingest"), media=media_info(duration_s=12.5))
        driver.finish(driver.video(ready.id))
        driver.fail(driver.claim(driver.upload("ann/failed.mp4", size_bytes=10), "ingest"))
        driver.upload("ann/1.mp4", size_bytes=200)
        driver.upload("ann/2.mp4", size_bytes=0)
        driver.delete(driver.finish(driver.upload("ann/gone.mp4")))
        driver.finish(driver.upload("bob/1.mp4"))
        spend(repository, ready.id, 0.25)

        statuses = ["registered", "ingested", "ready", "failed", "deleted"]
        counts = repository.counts(owner="ann", statuses=statuses)
        assert counts == {"registered": 2, "ingested": 0, "ready": 1, "failed": 1, "deleted": 0}
        assert repository.usage(owner="ann") == Usage(
            videos=4, unfinished=2, source_bytes=5_000_000_210, media_s=12.5, model_usd=0.25
        )

    def test_what_is_still_to_come_counts(self, repository: VideoRepository, driver: VideoDriver) -> None:
        for number in range(12):
            driver.reserve(f"ann/{number}.mp4")
        waiting = driver.upload("ann/waiting.mp4", size_bytes=5)
        driver.clock.advance(3600)

        assert repository.counts(owner="ann", statuses=["uploading"]) == {"uploading": 12}
        usage = repository.usage(owner="ann")
        assert (usage.videos, usage.unfinished, usage.media_s) == (13, 13, 0.0)
        # Those that wait for bytes are in nobody's way.
        assert repository.stalled(idle_since=driver.clock.now(), limit=1) == [waiting]
        assert repository.unswept(limit=1) == []


class TestChanged:
    def test_a_video_is_there_once_where_it_changed_last(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        first, second = driver.upload("ann/1.mp4"), driver.upload("ann/2.mp4")
        driver.upload("bob/1.mp4")
        assert ids(repository) == [first.id, second.id]

        claim = driver.claim(first, "ingest")
        assert ids(repository) == [second.id, first.id]

        heartbeat = driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.5)
        repository.update(first.id, heartbeat)
        (saved,) = repository.changed(owner="ann", limit=1)
        assert saved.video.lease is not None
        assert saved.video.lease.progress == 0.5

    def test_a_deleted_video_has_changed(self, repository: VideoRepository, driver: VideoDriver) -> None:
        first, second = driver.upload("ann/1.mp4"), driver.upload("ann/2.mp4")
        driver.delete(first)

        changed = repository.changed(owner="ann")
        assert [saved.video.id for saved in changed] == [second.id, first.id]
        assert [saved.video.status for saved in changed] == ["registered", "deleted"]

    def test_what_changed_is_read_on_from_where_one_was(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        videos = [driver.upload(f"ann/{index}.mp4").id for index in range(5)]
        (last,) = repository.changed(owner="ann", limit=1)
        assert last.video.id == videos[-1]
        assert ids(repository, limit=3) == videos[2:]

        third = repository.changed(owner="ann")[2]
        assert ids(repository, since=third.at) == videos[2:]
        assert ids(repository, since=third.at, limit=2) == videos[2:4]
        assert ids(repository, since=third.at + timedelta(microseconds=1)) == videos[3:]
        assert ids(repository, since=datetime(1, 1, 1, tzinfo=UTC)) == videos
        assert ids(repository, since=datetime(9999, 1, 1, tzinfo=UTC)) == []

    @pytest.mark.reliability("B21")
    def test_no_clock_makes_a_change_look_old(self, repository: VideoRepository, driver: VideoDriver) -> None:
        first, second = driver.upload("ann/1.mp4"), driver.upload("ann/2.mp4")
        driver.clock.jump(-3600)
        driver.claim(first, "ingest")

        assert ids(repository) == [second.id, first.id]


def ids(repository: VideoRepository, **filters: Any) -> list[str]:
    return [saved.video.id for saved in repository.changed(owner="ann", **filters)]


def spend(repository: VideoRepository, video_id: str, model_usd: float) -> None:
    def decide(video: Video | None) -> Change[None]:
        assert video is not None
        return Change(answer=None, video=replace(video, spent=Cost(model_usd=model_usd)))

    repository.update(video_id, decide)
