"""What differs between SQL databases, and which is which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from shared.domain.errors import ConfigurationError, PipelineError, TransientError

__all__ = ["Conflict", "Dialect", "dialect_of"]


class Conflict(TransientError):
    """Another writer got in the way; nothing was changed, and the next try will see what it left."""

    def __init__(self) -> None:
        super().__init__("store_conflict", "Others changed the same things at the same time; try again.")


class Dialect(Protocol):
    """How one kind of database is connected to.

    Attributes:
        reading: Execution options of a transaction that sees one state of the database.
        writing: Execution options of one that changes it.
    """

    reading: Mapping[str, object]
    writing: Mapping[str, object]

    def open(self) -> Engine:
        """Returns a new engine. What it runs is never quoted with its parameters in errors."""
        ...

    def scrub(self, engine: Engine) -> None:
        """See Database.scrub()."""
        ...

    def enter_upgrade(self, connection: Connection) -> None:
        """Makes a writing transaction wait until nobody else upgrades the tables, and keeps others from it."""
        ...

    def meaning(self, error: DBAPIError) -> PipelineError | None:
        """Returns a driver's error in our words, without any secret; None for one that only a mistake explains."""
        ...


def dialect_of(url: URL | str) -> Dialect:
    """Returns the dialect of a database.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host/name``, also as ``postgres://``.

    Raises:
        ConfigurationError: ``bad_database_url``: it is none of these.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _bad_url("It is no URL.") from None  # what is wrong may be the password
    if "@" in (parsed.host or ""):
        raise _bad_url("Write an @ in the password as %40.")
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        from shared.adapters.sql.sqlite import SqliteDialect

        return SqliteDialect(parsed)
    if backend in {"postgres", "postgresql"}:
        from shared.adapters.sql.postgresql import PostgresqlDialect

        return PostgresqlDialect(parsed)
    raise _bad_url(f"There is nothing here for {backend}.")


def _bad_url(problem: str) -> ConfigurationError:
    return ConfigurationError(
        "bad_database_url",
        f"{problem} The database's URL must look like postgresql://user:password@host/name or sqlite:///path.",
    )
