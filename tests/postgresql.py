"""A PostgreSQL server for the tests of one worker process: started once, when a test first needs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from tests.requirement import missing

__all__ = ["PostgresqlServer", "postgresql", "postgresql_server"]

PASSWORD = "hunter2-not-to-be-seen"
MISSING = "The tests of PostgreSQL need its server: install postgresql (apt) or postgresql-server (dnf)."


class PostgresqlServer:
    """A running server. Databases are cheap: each is a copy of one that has the tables already.

    Args:
        folder: Its data and socket.
        port: Where it listens on loopback.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._numbers = count()
        self.create("migrated", template="template1")
        repository = SqlVideoRepository(main_database(self.url("migrated")))
        repository.get("a video")
        repository.close()

    def url(self, database: str, *, username: str = "postgres", password: str = PASSWORD) -> URL:
        """Returns the URL of a database, which need not exist."""
        return URL.create("postgresql", username, password, "127.0.0.1", self._port, database)

    def execute(self, statement: str, database: str = "postgres", user: str = "postgres") -> list[Any]:
        """Runs a statement outside any transaction and returns its rows."""
        with psycopg.connect(
            host=str(self._folder), port=self._port, user=user, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, name: str, template: str = "migrated") -> None:
        """Makes a database as a copy of another, which nobody may be connected to."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    @contextmanager
    def database(self, template: str = "migrated") -> Iterator[URL]:
        """Makes a database for one test, and removes it."""
        name = f"test{next(self._numbers)}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A server that tests share; one that stops it must start its own."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: PostgresqlServer) -> Iterator[URL]:
    """A database of this test's own, with the tables in it."""
    with postgresql_server.database() as url:
        yield url


@contextmanager
def running_server() -> Iterator[PostgresqlServer]:
    """Starts a server that is as quick as it can be, since nothing in it must outlive the tests."""
    programs = _programs()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=memory if os.access(memory, os.W_OK) else None))
    user = _user()
    if user is not None:
        shutil.chown(folder, user)
    try:
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = f"{programs}/initdb --no-sync --pgdata={folder}/data --username=postgres --pwfile={password}"
        initdb += " --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8"
        subprocess.run(initdb.split(), user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        port = _free_port()
        options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        options += " -c fsync=off -c synchronous_commit=off -c deadlock_timeout=10ms"
        # As a daemon: tests of processes look at everything that this one has started.
        control = [f"{programs}/pg_ctl", "--silent", "--wait", f"--pgdata={folder}/data", f"--log={folder}/log"]
        subprocess.run([*control, f"--options={options}", "start"], user=user, cwd=folder, check=True)
        try:
            yield PostgresqlServer(folder, port)
        finally:
            subprocess.run([*control, "--mode=immediate", "stop"], user=user, cwd=folder, check=True)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Returns the newest server's folder of programs."""
    if (postgres := shutil.which("postgres")) is not None:
        return Path(postgres).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not installed:
        missing(MISSING)
    return installed[-1].parent


def _user() -> str | None:
    """Returns who to run the server as: root may not."""
    return "nobody" if os.getuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
