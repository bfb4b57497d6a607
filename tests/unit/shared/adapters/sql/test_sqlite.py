"""What is particular to SQLite: how it is opened, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from shared.adapters.sql import sqlite as sqlite_module
from shared.adapters.sql.database import Database
from shared.adapters.sql.sqlite import sqlite_url
from shared.domain.errors import ConfigurationError, TransientError


class Numbers:
    """A schema of one table."""

    def __init__(self) -> None:
        self.upgrades = 0

    def is_current(self, connection: Connection) -> bool:
        return bool(connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar())

    def upgrade(self, connection: Connection) -> None:
        self.upgrades += 1
        connection.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY, size BLOB)"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder, not yet there" / "100%?.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(sqlite_url(path), Numbers())
    yield database
    database.close()


def add(connection: Connection, number: int, size_bytes: int = 0) -> None:
    connection.execute(text("INSERT INTO numbers VALUES (:n, zeroblob(:size))"), {"n": number, "size": size_bytes})


def numbers(database: Database) -> list[int]:
    with database.reading() as connection:
        return [row.n for row in connection.execute(text("SELECT n FROM numbers ORDER BY n"))]


@pytest.mark.reliability("B24")
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_every_connection_is_as_safe_as_can_be(database: Database, pragma: str, value: object) -> None:
    with database.reading() as one, database.reading() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_nothing_is_opened_before_it_is_used(path: Path) -> None:
    Database(sqlite_url(path), Numbers())

    assert not path.parent.exists()


def test_it_is_made_once(path: Path) -> None:
    schema = Numbers()
    for _ in range(2):
        database = Database(sqlite_url(path), schema)
        with database.writing() as connection:
            add(connection, schema.upgrades + len(numbers(database)))
        database.close()

    assert schema.upgrades == 1
    assert numbers(database) == [1, 2]
    database.close()


def test_an_upgrade_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Numbers, connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half (n INTEGER)"))
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(Numbers, "upgrade", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            numbers(Database(sqlite_url(path), Numbers()))
    database = Database(sqlite_url(path), Numbers())

    assert numbers(database) == []
    database.close()


def test_an_error_rolls_back(database: Database) -> None:
    def add_and_fail() -> None:
        with database.writing() as connection:
            add(connection, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    assert numbers(database) == []


def test_a_writer_waits_for_the_other(database: Database) -> None:
    started, order = threading.Event(), []

    def second() -> None:
        started.set()
        with database.writing() as connection:
            order.append("second")
            add(connection, 2)

    with database.writing() as connection:
        thread = threading.Thread(target=second)
        thread.start()
        started.wait()
        order.append("first")
        add(connection, 1)
        assert numbers(database) == []  # a reader waits for nobody
    thread.join()

    assert order == ["first", "second"]
    assert numbers(database) == [1, 2]


@pytest.mark.reliability("B18")
def test_a_database_locked_for_too_long_is_worth_another_try(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_module, "_BUSY_TIMEOUT_S", 0.01)
    database = Database(sqlite_url(path), Numbers())
    with (
        database.writing(),
        pytest.raises(TransientError) as caught,
        database.writing(),
    ):
        pytest.fail("two writers at once")

    assert caught.value.code == "store_unavailable"
    database.close()


@pytest.mark.reliability("B14")
def test_a_full_disk_rolls_back(path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.writing() as connection:
        add(connection, 1)
    database.close()
    configure = sqlite_module._configure

    def configure_small(connection: sqlite3.Connection, record: object) -> None:
        configure(connection, record)
        connection.execute("PRAGMA max_page_count = 8").close()

    def add_both() -> None:
        with database.writing() as connection:
            add(connection, 2)
            add(connection, 3, size_bytes=100_000)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_module, "_configure", configure_small)
        with pytest.raises(TransientError) as caught:
            add_both()
        assert caught.value.code == "disk_full"
        assert numbers(database) == [1]
        with database.writing() as connection:
            add(connection, 2)
        database.close()

    with database.writing() as connection:
        add(connection, 3, size_bytes=100_000)
    assert numbers(database) == [1, 2, 3]


def test_a_forked_process_opens_connections_of_its_own(database: Database) -> None:
    def driver_connection() -> object:
        with database.reading() as connection:
            return connection.connection.driver_connection

    inherited = driver_connection()
    assert driver_connection() is inherited
    if (child := os.fork()) == 0:
        os._exit(driver_connection() is inherited)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert driver_connection() is inherited


@pytest.mark.parametrize("content", ["a folder", "nothing"])
def test_a_file_that_cant_be_opened_is_worth_another_try(tmp_path: Path, content: str) -> None:
    path = tmp_path / "videos.db"
    if content == "a folder":
        path.mkdir()
    else:
        tmp_path.joinpath("file").touch()
        path = tmp_path / "file" / "videos.db"

    with pytest.raises(TransientError, match="store_unavailable"):
        numbers(Database(sqlite_url(path), Numbers()))


def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "videos.db").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(ConfigurationError, match="move it away") as caught:
        numbers(Database(sqlite_url(tmp_path / "videos.db"), Numbers()))
    assert caught.value.code == "store_damaged"


def test_damaged_pages_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "videos.db"
    database = Database(sqlite_url(path), Numbers())
    with database.writing() as connection:
        add(connection, 1, size_bytes=100_000)
    database.close()
    pages = bytearray(path.read_bytes())
    pages[4096:] = b"\xff" * (len(pages) - 4096)
    path.write_bytes(pages)

    with pytest.raises(ConfigurationError, match="store_damaged"):
        numbers(Database(sqlite_url(path), Numbers()))
