"""The repositories that every suite over them runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.emulators import PROJECT, Emulator
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.adapters.sql.database import sqlite_url
from shared.adapters.sql.repository import SqlVideoRepository
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

REPOSITORIES: dict[str, Callable[[Path], VideoRepository]] = {
    "fake": lambda _: InMemoryVideoRepository(),
    "firestore": lambda _: FirestoreVideoRepository(PROJECT, f"test-{uuid4().hex}"),
    "sqlite": lambda path: SqlVideoRepository(sqlite_url(path / "not yet there" / "videos.db")),
}


@pytest.fixture(params=REPOSITORIES)
def repository(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VideoRepository]:
    if request.param == "firestore":
        emulator: Emulator = request.getfixturevalue("firestore")
        for name, value in emulator.client_environment.items():
            monkeypatch.setenv(name, value)
    repository = REPOSITORIES[request.param](tmp_path)
    yield repository
    if isinstance(repository, SqlVideoRepository):
        repository.close()


@pytest.fixture
def driver(repository: VideoRepository) -> VideoDriver:
    return VideoDriver(repository)
