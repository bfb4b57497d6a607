"""A SQL database as the adapters use it: short transactions, and errors in our own words."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.compiler import SQLCompiler

from shared.adapters.folders import storage_error
from shared.adapters.sql.dialect import Conflict, dialect_of
from shared.domain.errors import Outage

__all__ = ["Database", "Schema"]

T = TypeVar("T")

_MAX_TRIES = 5


class Schema(Protocol):
    """The tables that an adapter needs."""

    def is_current(self, connection: Connection) -> bool:
        """Tells whether they are there in the version this build needs."""
        ...

    def upgrade(self, connection: Connection) -> None:
        """Brings them to that version, inside the transaction it is given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engines:
    """One pool of connections, and the two ways it is used. Making these takes longer than a query."""

    reading: Engine
    writing: Engine


class Database:
    """Hands out transactions; safe to use from several threads, and in a process forked meanwhile.

    It is opened by its first transaction. Several processes may open the same database at once.

    Args:
        url: Where it is.
        schema: What must be in it.

    Raises:
        ConfigurationError: ``bad_database_url``.
    """

    def __init__(self, url: URL | str, schema: Schema) -> None:
        self._dialect = dialect_of(url)
        self._schema = schema
        self._lock = threading.Lock()
        # By process: closing a connection inherited through a fork would harm the one it belongs to.
        self._engines: dict[int, _Engines] = {}
        self._compiled: dict[Select[Any], SQLCompiler] = {}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Opens a transaction that sees one state of the database.

        Raises:
            TransientError: The database can't be reached.
            ConfigurationError: ``store_damaged`` or ``database_refused``.
        """
        with self._errors(), self._opened().reading.begin() as connection:
            yield connection

    def look_up(self, statement: Select[tuple[T]], **parameters: Any) -> T | None:
        """Returns what a statement finds first, None for nothing: the way for what every request asks.

        It goes straight to the driver, in a fifth of the time that SQLAlchemy takes to prepare, run and convert.

        Args:
            statement: A constant, whose column needs no conversion.
            parameters: The values of its parameters, as the driver takes them.

        Raises:
            TransientError: The database can't be reached.
            ConfigurationError: ``store_damaged`` or ``database_refused``.
        """
        with self._errors():
            engine = self._opened().reading
            compiled = self._compiled.get(statement)
            if compiled is None:
                compiled = self._compiled[statement] = statement.compile(engine)
            values = compiled.construct_params(parameters)
            in_order = compiled.positiontup and [values[name] for name in compiled.positiontup]
            try:
                with closing(engine.raw_connection()) as driven, closing(driven.cursor()) as cursor:
                    cursor.execute(compiled.string, in_order or values)
                    row = cursor.fetchone()
            except engine.dialect.loaded_dbapi.Error:
                # SQLAlchemy knows which connections are broken, and what the driver means.
                with self.reading() as connection:
                    row = connection.execute(statement, parameters).first()
        return None if row is None else row[0]

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Opens a transaction that is durable once the block is left without an error.

        On SQLite nobody else writes beside it; on PostgreSQL others do, so a row that matters is locked when read.

        Raises:
            TransientError: The database can't be reached or is full. Nothing was changed, or all of it when the
                connection was lost in the moment of the commit.
            ConfigurationError: ``store_damaged`` or ``database_refused``.
        """
        with self._errors(), self._opened().writing.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does work in a writing transaction, and again from its beginning when it met another writer.

        Args:
            work: Has no effects but on the connection.

        Returns:
            What the work returned.

        Raises:
            TransientError: As for writing(); also when others were in the way time and again.
            ConfigurationError: As for writing().
        """
        tries = 1
        while True:
            try:
                with self.writing() as connection:
                    return work(connection)
            except Conflict:
                if tries == _MAX_TRIES:
                    raise
                tries += 1

    def scrub(self) -> None:
        """Sees to it that what transactions have removed until now can't be read from the database's files either.

        A server's files are its administrator's to clean: PostgreSQL does it when it vacuums.
        """
        with self._errors():
            self._dialect.scrub(self._opened().writing)

    def close(self) -> None:
        """Closes the connections; the next transaction opens it again."""
        with self._lock:
            if engines := self._engines.pop(os.getpid(), None):
                engines.writing.dispose()

    def _opened(self) -> _Engines:
        process = os.getpid()
        if process not in self._engines:
            with self._lock:
                if process not in self._engines:
                    self._engines[process] = self._open()
        return self._engines[process]

    def _open(self) -> _Engines:
        engine = self._dialect.open()
        engines = _Engines(
            reading=engine.execution_options(**self._dialect.reading),
            writing=engine.execution_options(**self._dialect.writing),
        )
        try:
            with engines.reading.begin() as connection:
                current = self._schema.is_current(connection)
            if not current:
                self._upgrade(engines)
        except BaseException:
            engine.dispose()
            raise
        return engines

    def _upgrade(self, engines: _Engines) -> None:
        with engines.writing.begin() as connection:
            self._dialect.enter_upgrade(connection)
            if not self._schema.is_current(connection):  # nobody else did it meanwhile
                self._schema.upgrade(connection)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise Outage("store_unavailable", "All connections to the database are in use.") from error
        except DBAPIError as error:
            if (meaning := self._dialect.meaning(error)) is None:
                raise
            raise meaning from error
        except OSError as error:
            raise storage_error(error, "The database's folder") from error
