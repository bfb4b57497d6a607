"""The repositories and document stores that every suite over them runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.adapters.sql.document_store import SqlDocumentStore
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.ports.document_store import DocumentStore
from shared.ports.video_repository import VideoRepository
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from tests.firestore_indexes import defined_indexes, needed_indexes
from tests.firestore_traffic import recorded_traffic


def _fake(_: pytest.FixtureRequest) -> VideoRepository:
    return InMemoryVideoRepository()


def _sqlite(request: pytest.FixtureRequest) -> VideoRepository:
    folder: Path = request.getfixturevalue("tmp_path")
    return SqlVideoRepository(main_database(sqlite_url(folder / "not yet there" / "videos.db")))


def _postgresql(request: pytest.FixtureRequest) -> VideoRepository:
    return SqlVideoRepository(main_database(request.getfixturevalue("postgresql")))


def _firestore(request: pytest.FixtureRequest) -> VideoRepository:
    repository: VideoRepository = request.getfixturevalue("firestore_repository")
    return repository


REPOSITORIES: dict[str, Callable[[pytest.FixtureRequest], VideoRepository]] = {
    "fake": _fake,
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "firestore": _firestore,
}


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideoRepository]:
    traffic = recorded_traffic(monkeypatch)
    repository = REPOSITORIES[request.param](request)
    yield repository
    assert needed_indexes(traffic.queries) <= set(defined_indexes()), "Firestore would refuse a query"
    if isinstance(repository, SqlVideoRepository):
        repository.close()


@pytest.fixture
def driver(repository: VideoRepository) -> VideoDriver:
    return VideoDriver(repository)


@pytest.fixture(params=["fake", "sqlite", "postgresql", "firestore"])
def document_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentStore]:
    if request.param == "fake":
        yield InMemoryDocumentStore()
    elif request.param == "firestore":
        traffic = recorded_traffic(monkeypatch)
        yield request.getfixturevalue("firestore_documents")
        assert needed_indexes(traffic.queries) <= set(defined_indexes()), "Firestore would refuse a query"
    else:
        folder: Path = request.getfixturevalue("tmp_path")
        sqlite = request.param == "sqlite"
        url = sqlite_url(folder / "videos.db") if sqlite else request.getfixturevalue("postgresql")
        database = main_database(url)
        yield SqlDocumentStore(database)
        database.close()
