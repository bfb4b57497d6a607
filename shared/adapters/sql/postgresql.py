"""What is particular to PostgreSQL, but for its full-text search: how it is opened, and what its errors mean.

Made for hosted databases, Supabase's among them: connections are few and may be gone after a pause, and a pooler
that gives every transaction another connection may stand between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from shared.adapters.sql.dialect import Conflict
from shared.domain.errors import ConfigurationError, Outage, PipelineError, TransientError

__all__ = ["PostgresqlDialect"]

_STATEMENT_TIMEOUT_S = 30.0
"""How long a statement may take, waiting for locks included; others hold one for milliseconds."""

_CONNECT_ARGS: Final[Mapping[str, object]] = {
    "connect_timeout": 10,
    "prepare_threshold": None,  # a prepared statement is unknown to the next connection of a pooler
    # A server that vanished without a word is noticed within a minute instead of never.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_UPGRADE_LOCK: Final = 0x6175746F6D617465
"""Number of the advisory lock that upgrades are made under; any will do that others don't use."""

_CONFLICTS: Final = {"40001", "40P01"}  # serialization failure, deadlock
_DISK_FULL: Final = "53100"
_READ_ONLY: Final = "25006"  # a standby's answer, and that of a Supabase project whose disk is full
_FORBIDDEN: Final = "42501"
_REFUSALS: Final = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",  # a role, a database
    "permission denied for database",
    "tenant or user not found",  # by Supabase's pooler
    "invalid connection option",
)
"""Why no other try at connecting can help; these errors have no SQLSTATE, nothing but their text tells."""


class PostgresqlDialect:
    """A Dialect for a server, by psycopg 3."""

    # One snapshot for all statements of a transaction that reads; one that writes waits for locks, and then sees
    # what their holder left.
    reading: Mapping[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    writing: Mapping[str, object] = {"isolation_level": "READ COMMITTED"}

    def __init__(self, url: URL) -> None:
        self._url = url

    def open(self) -> Engine:
        engine = create_engine(
            self._url.set(drivername="postgresql+psycopg"),
            connect_args=_CONNECT_ARGS,
            hide_parameters=True,
            # A function instance works on few things at once, and there are many instances.
            pool_size=2,
            max_overflow=14,
            pool_pre_ping=True,
            pool_recycle=300,
        )
        event.listen(engine, "begin", _limit)
        return engine

    def scrub(self, engine: Engine) -> None:
        del engine  # the server vacuums by itself

    def enter_upgrade(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")

    def meaning(self, error: DBAPIError) -> PipelineError | None:
        state = getattr(error.orig, "sqlstate", None)
        cause = " ".join(str(error.orig).split())
        if state in _CONFLICTS:
            return Conflict()
        if state == _DISK_FULL:
            return TransientError("disk_full", "The database's disk is full. Free some space; work goes on then.")
        if state == _FORBIDDEN or (state is None and any(refusal in cause.lower() for refusal in _REFUSALS)):
            return ConfigurationError(
                "database_refused", f"The database refuses this user ({cause}). Correct the URL it is reached by."
            )
        passing = isinstance(error.orig, psycopg.OperationalError) or state == _READ_ONLY
        if passing or error.connection_invalidated:
            return Outage("store_unavailable", f"The database can't be used: {cause}")
        return None


def _limit(connection: Connection) -> None:
    # By transaction, since a pooler's connection is somebody else's next. A function that is frozen in the middle
    # of one must not keep its locks.
    timeout_ms = round(_STATEMENT_TIMEOUT_S * 1000)
    connection.exec_driver_sql(
        f"SELECT set_config('statement_timeout', '{timeout_ms}', true),"
        f" set_config('idle_in_transaction_session_timeout', '{timeout_ms}', true)"
    )
