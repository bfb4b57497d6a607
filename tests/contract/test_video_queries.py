"""How every VideoRepository lists, searches and relates videos, whatever database is behind it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.records import Record
from shared.domain.search_query import Fit
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


class TestSearch:
    @pytest.fixture
    def video(self, driver: VideoDriver) -> Video:
        entries = [
            search_entry("The quick brown fox", source="speech", start_s=1.0, end_s=2.0),
            search_entry("Quarterly REVENUE: 42 %", start_s=3.0, end_s=4.0),
            search_entry("Café münchen naïve", start_s=5.0, end_s=6.0),
            search_entry("holiday", source="tag", start_s=7.0, end_s=8.0),
            search_entry("Straße \ufb01le 3D 1e5 mail@example.com -x/東京都", start_s=9.0, end_s=10.0),
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
            ("strasse", [9.0]),
            ("STRASSE", [9.0]),
            ("file", [9.0]),
            ("3d", [9.0]),
            ("1e5", [9.0]),
            ("1e", [9.0]),
            ("example com", [9.0]),
            ("東京", [9.0]),
        ],
    )
    def test_all_words_or_their_beginnings_are_found(
        self, repository: VideoRepository, query: str, start_s: list[float]
    ) -> None:
        assert sorted(hit.start_s for hit in repository.search(query)) == start_s

    @pytest.mark.usefixtures("video")
    @pytest.mark.parametrize(
        ("query", "start_s"),
        [
            ('"quick brown"', [1.0]),
            ("“quick brown”", [1.0]),
            ('"brown quick"', []),
            ('"quick fox"', []),
            ('"the quick brown fox"', [1.0]),
            ('"quick bro"', []),
            ('"quick brown" fo', [1.0]),
            ('fo "QUICK, brown!"', [1.0]),
            ('"quick brown" revenue', []),
            ('"holida"', []),
            ('"holiday"', [7.0]),
            ('"cafe munchen"', [5.0]),
            ('"quick', [1.0]),
            ('"" quick', [1.0]),
        ],
    )
    def test_phrases_are_found_word_for_word(
        self, repository: VideoRepository, query: str, start_s: list[float]
    ) -> None:
        assert [hit.start_s for hit in repository.search(query)] == start_s

    @pytest.mark.usefixtures("video")
    @pytest.mark.parametrize(
        ("query", "start_s"),
        [
            ("quikc", [1.0]),  # neighbours that changed places, also in the middle, …
            ("qiuck", [1.0]),
            ("quuick", [1.0]),  # … a letter too many, …
            ("quik", []),  # … of a word that is too short, …
            ("quck fox", []),
            ("qwick", [1.0]),  # … another letter, …
            ("uquick", [1.0]),
            ("evenue", [3.0]),  # … or one too few
            ("revenues", [3.0]),
            ("holidays", [7.0]),
            ("hollidya", [7.0]),  # two mistakes in a long word
            ("quraterlly", [3.0]),
            ("holyds", []),
            ("qwikc", []),
            ("REVENU\u00c8E qaurterly", [3.0]),
            ("munchn nai", [5.0]),  # the other word may be the beginning of one
            ("cafee munchn", [5.0]),
            ('"cafe" munchn', [5.0]),
            ('"cafee" munchn', []),
            ("quikc revenue", []),
            ("1e6", []),
            ("zzzzz", []),
        ],
    )
    def test_what_is_misspelt_is_found_where_nothing_else_is(
        self, repository: VideoRepository, query: str, start_s: list[float]
    ) -> None:
        assert [(hit.start_s, hit.fit) for hit in repository.search(query)] == [(at, Fit.ALIKE) for at in start_s]

    def test_whole_words_come_before_beginnings_and_words_that_are_spelt_alike_not_at_all(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        longer = search_entry("planets", start_s=1.0)
        whole = search_entry("the planet that we live on, seen from far away", start_s=2.0)
        driver.finish(driver.upload(), {"tag": [longer, whole, search_entry("planer", start_s=3.0)]})

        hits = repository.search("planet")
        assert [(hit.start_s, hit.fit) for hit in hits] == [(2.0, Fit.WHOLE), (1.0, Fit.BEGINNINGS)]
        assert 1 >= hits[0].score > hits[1].score > 0
        assert [hit.start_s for hit in repository.search("plane")] == [1.0, 3.0, 2.0]
        assert [hit.start_s for hit in repository.search("planett", limit=2)] == [1.0, 2.0]

    @pytest.mark.reliability("A31", "B27")
    def test_what_others_say_and_what_no_longer_counts_corrects_nothing(
        self, repository: VideoRepository, driver: VideoDriver, video: Video
    ) -> None:
        other = driver.finish(driver.upload("bob/clip.mp4"), {"tag": [search_entry("quicker revenge")]})

        assert repository.search("quicknr", owner="ann") == []
        assert [hit.video_id for hit in repository.search("revenqe", owner="bob")] == [other.id]
        renewed = driver.finish(driver.replay(video, "tag"), {"tag": [search_entry("hare")]})
        assert repository.search("revenqe", owner="ann") == []
        repository.prune(renewed)
        assert repository.search("revenqe", owner="ann") == []
        assert [hit.video_id for hit in repository.search("revenqe")] == [other.id]

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
            '"fox" ' * 10_000,
            '"fox "fox" fox" "" """',
            '"\0" fox" & | ! <->',
        ],
    )
    @pytest.mark.reliability("A40")
    def test_any_text_is_a_query(self, repository: VideoRepository, query: str) -> None:
        for hit in repository.search(query):
            assert "fox" in hit.text

    def test_any_text_can_be_found(self, repository: VideoRepository, driver: VideoDriver) -> None:
        texts = ["fox\0\udcff", "fox " * 100_000, "fox " + "y" * 100_000, ""]
        texts += ["fox " + " ".join(f"{number:x}" for number in range(100_000)), "fox' : & | ! <-> \\ \""]
        driver.finish(driver.upload(), {"tag": [search_entry(text) for text in texts]})

        assert len(repository.search("fox")) == 5
        assert len(repository.search("y" * 300)) == 1

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


class TestNearest:
    def test_the_closest_meaning_comes_first(self, repository: VideoRepository, driver: VideoDriver) -> None:
        places = [
            embedding("east", (1.0, 0.0)),
            embedding("north", (0.0, 1.0), start_s=2.0, end_s=3.5),
            embedding("north-east", (0.6, 0.8)),
        ]
        video = driver.finish(driver.upload("ann/compass.mp4"), {"tag": places})

        hits = repository.nearest((0.0, 1.0), model="test")
        assert [hit.text for hit in hits] == ["north", "north-east", "east"]
        assert [round(hit.score, 6) for hit in hits] == [1.0, 0.8, 0.0]
        assert (hits[0].video_id, hits[0].name, hits[0].source) == (video.id, "compass.mp4", "description")
        assert (hits[0].start_s, hits[0].end_s) == (2.0, 3.5)
        assert [hit.text for hit in repository.nearest((0.0, 1.0), model="test", limit=1)] == ["north"]

    def test_only_one_models_and_the_owners_are_compared(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        mixed = [embedding("old model", (1.0, 0.0), model="other"), embedding("ann's", (1.0, 0.0))]
        driver.finish(driver.upload("ann/1.mp4"), {"tag": mixed})
        driver.finish(driver.upload("bob/1.mp4"), {"tag": [embedding("bob's", (1.0, 0.0))]})

        assert {hit.text for hit in repository.nearest((1.0, 0.0), model="test")} == {"ann's", "bob's"}
        assert [hit.text for hit in repository.nearest((1.0, 0.0), model="test", owner="ann")] == ["ann's"]
        assert repository.nearest((1.0, 0.0), model="unknown") == []

    def test_points_of_other_dimensions_are_left_out(
        self, repository: VideoRepository, driver: VideoDriver
    ) -> None:
        places = [embedding("flat", (0.0, 1.0)), embedding("deep", (0.0, 0.0, 1.0))]
        driver.finish(driver.upload(), {"tag": places})

        assert [hit.text for hit in repository.nearest((0.0, 1.0), model="test")] == ["flat"]
        assert [hit.text for hit in repository.nearest((0.0, 0.0, 1.0), model="test")] == ["deep"]

    def test_what_no_longer_counts_is_not_found(self, repository: VideoRepository, driver: VideoDriver) -> None:
        old = driver.finish(driver.upload(), {"tag": [embedding("old", (1.0, 0.0))]})
        new = driver.finish(driver.replay(old, "tag"), {"tag": [embedding("new", (1.0, 0.0))]})
        assert [hit.text for hit in repository.nearest((1.0, 0.0), model="test")] == ["new"]
        repository.prune(new)
        assert [hit.text for hit in repository.nearest((1.0, 0.0), model="test")] == ["new"]
        driver.delete(new)
        assert repository.nearest((1.0, 0.0), model="test") == []


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
