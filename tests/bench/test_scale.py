"""Lists out of 100,000 videos and searches over 1,000,000 entries: what the API takes to answer, on each database.

One owner has nine tenths of everything, one a twentieth of a percent. Set BENCH_VIDEOS for another number of
videos, each of which has ten entries.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import Client

from functions.api.app import create_app
from shared.adapters.sql import search
from shared.adapters.sql.database import Database
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.domain.codec import encode_json
from shared.domain.records import SearchEntry
from shared.domain.video import Video
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import search_entry
from tests.api_ports import FakeApiPorts
from tests.postgresql import running_server

pytestmark = pytest.mark.bench

VIDEOS = int(os.environ.get("BENCH_VIDEOS", "100000"))
ENTRIES = 10
ROUNDS = 40

QUERIES = {
    "very common": "video",
    "common": "meeting",
    "uncommon": "budget",
    "rare": "zebrafish",
    "none": "unheard",
    "two very common": "video the",
    "very common and rare": "video zebrafish",
    "common and uncommon": "meeting budget",
    "five words": "the video meeting budget report",
    "one letter": "v",
    "beginning of a very common": "vid",
    "beginning of a rare": "zebra",
    "misspelt common": "meetign",
    "misspelt rare": "zebarfihs",
    "misspelt and common": "meetign video",
    "phrase": '"meeting budget"',
    "phrase of very common": '"the video"',
    "phrase that nobody says": '"video the"',
}
SHARES = {"the": 0.6, "video": 0.5, "report": 0.2, "meeting": 0.1, "budget": 0.01, "zebrafish": 0.00001}
"""Words, and the share of entries that they are in."""


class Corpus:
    """Videos and what is found in them, the same every time."""

    def __init__(self) -> None:
        self._random = random.Random(4)
        syllables = [first + second for first in "bdfgklmnprstw" for second in "aeiou"]
        self._words = ["".join(self._random.choices(syllables, k=2 + number % 4)) for number in range(30_000)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self._words))))
        driver = VideoDriver(InMemoryVideoRepository())
        self._video = driver.finish(driver.upload())

    def videos(self) -> Iterator[Video]:
        """Yields the videos, oldest first."""
        for number in range(VIDEOS):
            owner = "small" if number % 2000 == 7 else f"other-{number % 50}" if number % 10 == 3 else "big"
            at = self._video.created_at + timedelta(seconds=number)
            key = {"tag": self._video.results["tag"]}
            yield replace(self._video, id=f"v{number:08}", owner=owner, created_at=at, updated_at=at, results=key)

    def entries(self) -> list[SearchEntry]:
        """Returns what can be found in one video."""
        return [search_entry(self._text(), start_s=float(second)) for second in range(ENTRIES)]

    def _text(self) -> str:
        words = self._random.choices(self._words, cum_weights=self._weights, k=self._random.choice((1, 3, 6, 10)))
        words += [word for word, share in SHARES.items() if self._random.random() < share]
        return " ".join(words)


def load(database: Database) -> None:
    """Fills a database as fast as it takes rows."""
    corpus = Corpus()
    with database.writing() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:  # an index is made faster than it is filled
            index = connection.scalars(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_index_words'")
            ).one()
            connection.execute(text("DROP INDEX ix_search_index_words"))
        found: dict[str, list[tuple[int, SearchEntry]]] = {}
        number = 0
        rows: dict[str, list[Sequence[Any]]] = {"videos": [], "result_sets": [], "records": []}
        for video in corpus.videos():
            (key,) = video.results.values()
            created_us = to_us(video.created_at)
            sums = (video.source.size_bytes, 10.0, 0.0)
            rows["videos"].append(
                (video.id, video.owner, video.status, *[created_us] * 3, False, *sums, encode_json(video))
            )
            rows["result_sets"].append((video.id, key))
            for seq, entry in enumerate(corpus.entries()):
                number += 1
                rows["records"].append((number, video.id, key, "SearchEntry", seq, encode_json(entry)))
                found.setdefault(video.owner, []).append((number, entry))
            if len(rows["records"]) >= 50_000:
                flush(connection, rows)
            if len(found[video.owner]) >= 16_384:
                search.add_entries(connection, video.owner, found.pop(video.owner))
        flush(connection, rows)
        for owner, entries in found.items():
            search.add_entries(connection, owner, entries)
        if postgresql:
            connection.execute(text(index))
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))


COLUMNS = {
    "videos": "id, owner, status, created_us, updated_us, changed_us, swept, source_bytes, media_s, model_usd, "
    "document",
    "result_sets": "video_id, key",
    "records": "id, video_id, key, kind, seq, body",
}


def flush(connection: Connection, rows: dict[str, list[Sequence[Any]]]) -> None:
    """Writes rows and forgets them."""
    cursor = connection.connection.cursor()
    for name, some in rows.items():
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {name} ({COLUMNS[name]}) FROM STDIN") as copy:
                for row in some:
                    copy.write_row(row)
        else:
            places = ", ".join("?" * len(COLUMNS[name].split(",")))
            cursor.executemany(f"INSERT INTO {name} ({COLUMNS[name]}) VALUES ({places})", some)
        some.clear()
    cursor.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("scale")
        yield from filled(main_database(sqlite_url(folder / "videos.db")))
    else:
        with running_server() as server:
            yield from filled(main_database(server.url("migrated")))


def filled(database: Database) -> Iterator[SqlVideoRepository]:
    started_s = time.monotonic()
    load(database)
    print(f"\nloaded {VIDEOS:,} videos with {VIDEOS * ENTRIES:,} entries in {time.monotonic() - started_s:.0f} s")
    yield SqlVideoRepository(database)
    database.close()


@pytest.fixture(scope="module")
def client(repository: SqlVideoRepository) -> Client:
    return Client(create_app(FakeApiPorts(repository=repository)))


def taken_ms(ask: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    ask()
    return (time.perf_counter() - started_s) * 1000


def report(name: str, ask: Callable[[], object], nothing: Callable[[], object], found: str = "") -> None:
    """Prints what something takes when everything is warm, and how many times that of next to nothing, then."""
    for _ in range(5):
        ask()
    pairs = [(taken_ms(ask), taken_ms(nothing)) for _ in range(ROUNDS)]
    percentiles = statistics.quantiles((taken for taken, _ in pairs), n=100)
    ratio = percentiles[49] / statistics.median(least for _, least in pairs)
    print(f"  {name:<44}p50 {percentiles[49]:7.2f} ms  p99 {percentiles[98]:7.2f} ms  {ratio:5.1f}x  {found}")


def measure(name: str, client: Client, owner: str, path: str) -> None:
    """Reports on a request, beside one that the database is not asked for."""
    headers = {"Authorization": f"Bearer viewer:{owner}"}
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    answer: Any = response.json
    found = f"{len(answer.get('hits', answer.get('videos', ())))} found"
    nothing = partial(client.get, "/v1/me", headers=headers)
    report(f"{name} ({owner})", partial(client.get, path, headers=headers), nothing, found)


def test_lists(client: Client) -> None:
    print()
    for owner in ("big", "small"):
        for order in ("-created_at", "created_at", "-updated_at"):
            for status in ("", "&status=ready", "&status=failed"):
                measure(f"50 videos {order}{status}", client, owner, f"/v1/videos?limit=50&sort={order}{status}")
    measure("one video", client, "big", "/v1/videos/v00000000")


def test_searches(client: Client) -> None:
    print()
    for owner in ("big", "small"):
        for name, query in QUERIES.items():
            measure(f"search {name}", client, owner, f"/v1/search?q={quote(query)}")


def test_sums(repository: SqlVideoRepository, client: Client) -> None:
    print()
    nothing = partial(client.get, "/v1/me", headers={"Authorization": "Bearer viewer:big"})
    report("counts", lambda: repository.counts(owner="big", statuses=["ready", "failed"]), nothing)
    report("usage", lambda: repository.usage(owner="big"), nothing)
    report("changed", lambda: repository.changed(owner="big", limit=20), nothing)
