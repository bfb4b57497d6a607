"""How every VideoRepository lists and relates videos, and whom it shows them, whatever database is behind it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.records import Record
from shared.domain.video import Video
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import VideoDriver
from shared.testing.videos import embedding, search_entry, tag


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


@pytest.mark.reliability("A10", "A31")
def test_owners_and_labels_may_hold_any_character(repository: VideoRepository, driver: VideoDriver) -> None:
    names = ["a\0b", "a\udcffb", "a\\u0000b", "a\\b", "ab", "\U0001f3ac' --"]
    left: list[Record] = [search_entry("fox"), tag("x\0\udcff\\"), embedding("fox", (1.0, 0.0))]
    videos = {name: driver.finish(driver.upload(f"{name}/1.mp4"), {"tag": left}) for name in names}
    others = {name: driver.finish(driver.upload(f"{name}/2.mp4"), {"tag": left}) for name in names}

    for name, video in videos.items():
        both = [others[name].id, video.id]
        first = repository.list_videos(owner=name, limit=1)
        second = repository.list_videos(owner=name, limit=1, cursor=first.next_cursor)
        assert [found.id for found in (*first.videos, *second.videos)] == both
        assert {hit.video_id for hit in repository.search("fox", owner=name)} == set(both)
        assert {hit.video_id for hit in repository.nearest((1, 0), model="test", owner=name)} == set(both)
        related = repository.related(owner=name, labels=["x\0\udcff\\", "x"], exclude=video.id)
        assert [(other.video_id, other.labels) for other in related] == [(both[0], ("x\0\udcff\\",))]
    for nothing in ("\0", "\udcff"):
        assert repository.get(nothing) is None
        assert repository.list_videos(status=nothing).videos == ()
        assert repository.attempts(nothing) == []


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
