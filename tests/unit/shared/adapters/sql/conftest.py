"""Databases of every kind, without tables yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from shared.adapters.sql.sqlite import sqlite_url
from tests.postgresql import PostgresqlServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data" / "videos.db")
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        with server.database(template="template1") as url:
            yield url
