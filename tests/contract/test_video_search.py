"""How every VideoRepository finds videos by words and by meaning, whatever database is behind it."""

from __future__ import annotations

import pytest

from shared.domain.search_query import Fit
from shared.domain.video import Video
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import VideoDriver
from shared.testing.videos import embedding, search_entry


class TestSearch:
    @pytest.fixture
    def video(self, driver: VideoDriver) -> Video:
        entries = [
            search_entry("The quick brown fox", source="speech", start_s=1.0, end_s=2.0, confidence=0.4),
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
        assert (hit.confidence, hit.rough) == (0.4, True)
        assert hit.score > 0
        assert not repository.search("revenue")[0].rough

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
