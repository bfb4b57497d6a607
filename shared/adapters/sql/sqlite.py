"""What is particular to SQLite, but for its full-text search: how it is opened, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from shared.adapters.folders import disk_full, locked_folder
from shared.domain.errors import ConfigurationError, Outage, PipelineError
from shared.logs import logger

__all__ = ["SqliteDialect", "sqlite_url"]

_BUSY_TIMEOUT_S = 30.0
"""How long to wait for other writers; each holds the database for milliseconds."""

_WRITING: Final = "automations_writing"
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SqliteDialect:
    """A Dialect for a file, which is made with the folders above it when missing."""

    reading: Mapping[str, object] = {}
    writing: Mapping[str, object] = {_WRITING: True}

    def __init__(self, url: URL) -> None:
        self._url = url

    def open(self) -> Engine:
        engine = create_engine(self._url, connect_args={"timeout": _BUSY_TIMEOUT_S}, hide_parameters=True)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        # Turning a new file to WAL must not race with another process that does the same.
        with locked_folder(Path(self._url.database or "").absolute().parent):
            engine.connect().close()
        return engine

    def scrub(self, engine: Engine) -> None:
        # What was overwritten in the database is still in its journal until that is emptied.
        connection = engine.raw_connection()
        try:
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        if busy:  # it is overwritten from its beginning once they are gone
            logger().warning("journal_kept", reason="others kept reading the database")

    def enter_upgrade(self, connection: Connection) -> None:
        del connection  # a writing transaction keeps everybody else out already

    def meaning(self, error: DBAPIError) -> PipelineError | None:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return disk_full()
        if code in _DAMAGED:
            return ConfigurationError(
                "store_damaged",
                f"{self._url.database} is no database that works ({error.orig}). Stop everything that uses it; "
                "put back a copy, or move it away with its -wal and -shm files: it is made anew, and what is in "
                "the uploads folder is processed again.",
            )
        if isinstance(error, OperationalError):
            return Outage("store_unavailable", f"The database can't be used: {error.orig}")
        return None


def sqlite_url(path: Path) -> URL:
    """Returns the URL of a SQLite file, whatever characters are in its path."""
    return URL.create("sqlite", database=str(path))


def _configure(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    for pragma in (
        "journal_mode=WAL",  # readers don't wait for the writer
        "synchronous=FULL",  # a commit is on the disk when it returns
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and takes the write lock later can be refused with no way to wait for it.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
