"""The parts of the search index: filled, asked in order, and gone with their last entry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, select

from shared.adapters.sql import search
from shared.adapters.sql.database import Database
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.tables import search_parts, vocabulary
from shared.testing.driver import VideoDriver
from shared.testing.videos import search_entry


@pytest.fixture
def database(empty_database: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database whose parts are full with three entries, and where two are ranked for each that is asked for."""
    monkeypatch.setattr(search, "_PART_ENTRIES", 3)
    monkeypatch.setattr(search, "_CANDIDATES_A_HIT", (2, 100))
    database = main_database(empty_database)
    yield database
    database.close()


@pytest.fixture
def driver(database: Database) -> VideoDriver:
    return VideoDriver(SqlVideoRepository(database))


def parts(database: Database) -> list[tuple[str, int]]:
    with database.reading() as connection:
        rows = connection.execute(select(search_parts.c.owner, search_parts.c.entries).order_by(search_parts.c.id))
        return [(row.owner, row.entries) for row in rows]


def found(driver: VideoDriver, query: str, limit: int = 20) -> list[str]:
    return [hit.text for hit in driver.repository.search(query, owner="ann", limit=limit)]


def test_each_owner_fills_parts_of_their_own(database: Database, driver: VideoDriver) -> None:
    for number in range(4):
        for owner in ("ann", "bob"):
            entries = [search_entry(f"fox {number}"), search_entry(f"hare {number}")]
            driver.finish(driver.upload(f"{owner}/{number}.mp4"), {"tag": entries})

    assert parts(database) == [("ann", 4), ("bob", 4), ("ann", 4), ("bob", 4)]
    assert found(driver, "fox") == ["fox 3", "fox 2", "fox 1", "fox 0"]
    assert found(driver, "hare 0") == ["hare 0"]


def test_a_part_goes_with_its_last_entry(database: Database, driver: VideoDriver) -> None:
    videos = [
        driver.finish(driver.upload(f"ann/{number}.mp4"), {"tag": [search_entry(f"fox {number}")] * 2})
        for number in range(3)
    ]
    assert parts(database) == [("ann", 4), ("ann", 2)]

    for video, left in zip(videos, ([("ann", 2), ("ann", 2)], [("ann", 2)], []), strict=True):
        driver.repository.prune(driver.delete(video))
        assert parts(database) == left
    again = driver.finish(driver.upload("ann/3.mp4"), {"tag": [search_entry("fox 3")]})
    assert [hit.video_id for hit in driver.repository.search("fox", owner="ann")] == [again.id]


def test_of_what_is_everywhere_the_newest_are_ranked(driver: VideoDriver) -> None:
    driver.finish(driver.upload("ann/short.mp4"), {"tag": [search_entry("fox")]})
    for number in range(6):
        driver.finish(driver.upload(f"ann/{number}.mp4"), {"tag": [search_entry(f"fox {'and ' * number}more")]})

    assert found(driver, "fox", limit=2) == ["fox and and more", "fox and and and more"]


def test_what_no_longer_counts_hides_nothing(driver: VideoDriver) -> None:
    kept = driver.finish(driver.upload("ann/kept.mp4"), {"tag": [search_entry("fox kept")] * 3})
    gone = driver.finish(driver.upload("ann/gone.mp4"), {"tag": [search_entry("fox gone")] * 9})
    driver.delete(gone)

    hits = driver.repository.search("fox", owner="ann", limit=3)
    assert [hit.video_id for hit in hits] == [kept.id] * 3


@pytest.mark.reliability("A31")
def test_what_others_have_is_in_nobodys_way(driver: VideoDriver) -> None:
    driver.finish(driver.upload("ann/1.mp4"), {"tag": [search_entry("fox of ann")]})
    for number in range(60):
        driver.finish(driver.upload(f"bob/{number}.mp4"), {"tag": [search_entry("fox") for _ in range(3)]})

    assert found(driver, "fox", limit=1) == ["fox of ann"]


def words(database: Database) -> dict[tuple[str, str], int]:
    with database.reading() as connection:
        columns = vocabulary.c.owner, vocabulary.c.word, vocabulary.c.entries
        return {(row.owner, row.word): row.entries for row in connection.execute(select(*columns))}


@pytest.mark.reliability("A31", "B27")
def test_words_are_counted_by_owner_and_gone_with_their_last_entry(
    database: Database, driver: VideoDriver
) -> None:
    entries = [search_entry("the quick QUICK fox 12345"), search_entry("quick planets")]
    videos = [driver.finish(driver.upload(f"ann/{number}.mp4"), {"tag": entries}) for number in range(2)]
    driver.finish(driver.upload("bob/1.mp4"), {"tag": entries[1:]})
    others = {("bob", "quick"): 1, ("bob", "planets"): 1}
    assert words(database) == {("ann", "quick"): 4, ("ann", "planets"): 2} | others

    driver.repository.prune(driver.delete(videos[0]))
    assert words(database) == {("ann", "quick"): 2, ("ann", "planets"): 1} | others
    driver.repository.prune(driver.delete(videos[1]))
    assert words(database) == others


def test_a_misspelt_word_stands_for_the_closest_and_most_common(driver: VideoDriver) -> None:
    alike = [f"planetar{letter}" for letter in "abcdefghijklmnop"]
    entries = [search_entry(word) for word in alike for _ in range(1 + (word > "planetarf"))]
    driver.finish(driver.upload(), {"tag": [*entries, search_entry("planetarzz")]})

    hits = found(driver, "planetarx", limit=100)
    assert set(hits) == {f"planetar{letter}" for letter in "ghijklmnop"}


def test_phrases_are_found_where_many_entries_hold_their_words(driver: VideoDriver) -> None:
    driver.finish(driver.upload(), {"tag": [search_entry("brown fox"), *[search_entry("fox brown")] * 50]})

    assert found(driver, '"brown fox"', limit=1) == ["brown fox"]


def test_words_that_begin_alike_are_told_apart(driver: VideoDriver) -> None:
    words = [
        "fox",
        "foxes",
        "東京",
        "東京都",
        "東",
        "naïveté",
        "\U0001f9ffx",
        "ﬁle",
        "a6771",
        "ж",
        "жук",
        "x" * 300,
    ]
    driver.finish(driver.upload(), {"tag": [search_entry(word) for word in words]})

    for word in words:
        expected = {other for other in words if other.startswith(word)}
        assert set(found(driver, word)) >= expected
    assert set(found(driver, "東")) == {"東", "東京", "東京都"}
    assert found(driver, "6771") == []
    assert found(driver, "京") == []
