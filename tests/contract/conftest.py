"""The repositories that every suite over them runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.adapters.sql.database import sqlite_url
from shared.adapters.sql.repository import SqlVideoRepository
from shared.ports.video_repository import VideoRepository
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

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
