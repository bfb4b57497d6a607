"""A SQL database as the adapters use it: short transactions, one writer at a time, errors in our own words.

What is particular to how SQLite is connected to stands here and nowhere else.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.adapters.folders import disk_full, locked_folder, storage_error
from shared.domain.errors import ConfigurationError, TransientError

__all__ = ["Database", "Schema", "sqlite_url"]

_BUSY_TIMEOUT_S = 30.0
"""How long to wait for other writers; each holds the database for milliseconds."""

_WRITING = "automations_writing"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Schema(Protocol):
    """The tables that an adapter needs."""

    def is_current(self, connection: Connection) -> bool:
        """Tells whether they are there in the version this build needs."""
        ...

    def upgrade(self, connection: Connection) -> None:
        """Brings them to that version, inside the transaction it is given."""
        ...


class Database:
    """Hands out transactions; safe to use from several threads, and in a process forked meanwhile.

    It is opened by its first transaction. Several processes may open the same database at once.

    Args:
        url: Where it is. SQLite's file and the folders above it are made when missing.
        schema: What must be in it.
    """

    def __init__(self, url: URL | str, schema: Schema) -> None:
        self._url = make_url(url)
        self._schema = schema
        self._lock = threading.Lock()
        # By process: closing a connection inherited through a fork would harm the one it belongs to.
        self._engines: dict[int, Engine] = {}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Opens a transaction that sees one state of the database.

        Raises:
            TransientError: The database can't be reached.
            ConfigurationError: ``store_damaged``: its file is broken.
        """
        with self._errors(), self._engine().begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Opens a transaction that nobody else writes beside, durable once the block is left without an error.

        Raises:
            TransientError: The database can't be reached or is full; nothing was changed.
            ConfigurationError: ``store_damaged``: its file is broken.
        """
        with self._errors(), self._engine().execution_options(**{_WRITING: True}).begin() as connection:
            yield connection

    def close(self) -> None:
        """Closes the connections; the next transaction opens it again."""
        with self._lock:
            if engine := self._engines.pop(os.getpid(), None):
                engine.dispose()

    def _engine(self) -> Engine:
        with self._lock:
            process = os.getpid()
            if process not in self._engines:
                self._engines[process] = self._open()
            return self._engines[process]

    def _open(self) -> Engine:
        engine = create_engine(self._url, connect_args=self._connect_args())
        if self._is_sqlite:
            event.listen(engine, "connect", _configure)
            event.listen(engine, "begin", _begin)
        # Turning a new file to WAL and its first tables must not race with another process that does the same.
        with self._alone():
            with engine.begin() as connection:
                current = self._schema.is_current(connection)
            if not current:
                with engine.execution_options(**{_WRITING: True}).begin() as connection:
                    self._schema.upgrade(connection)
        return engine

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _connect_args(self) -> dict[str, object]:
        return {"timeout": _BUSY_TIMEOUT_S} if self._is_sqlite else {}

    def _alone(self) -> AbstractContextManager[None]:
        return (
            locked_folder(Path(self._url.database or "").absolute().parent) if self._is_sqlite else nullcontext()
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, PoolTimeout) as error:
            code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
            if code & 0xFF == sqlite3.SQLITE_FULL:
                raise disk_full() from error
            raise TransientError("store_unavailable", f"The database can't be used: {error}") from error
        except DatabaseError as error:
            code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
            if code & 0xFF not in _DAMAGED:
                raise
            raise ConfigurationError(
                "store_damaged",
                f"{self._url.database} is no database that works ({error.orig}). Stop everything that uses it; "
                "put back a copy, or move it away with its -wal and -shm files: it is made anew, and what is in "
                "the uploads folder is processed again.",
            ) from error
        except OSError as error:
            raise storage_error(error, "The database's folder") from error


def sqlite_url(path: Path) -> URL:
    """Returns the URL of a SQLite file, whatever characters are in its path."""
    return URL.create("sqlite", database=str(path))


def _configure(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    for pragma in (
        "journal_mode=WAL",  # readers don't wait for the writer
        "synchronous=FULL",  # a commit is on the disk when it returns
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and takes the write lock later can be refused with no way to wait for it.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
