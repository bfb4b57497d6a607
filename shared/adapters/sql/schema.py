"""Brings the database of videos to the version that this build needs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import URL, Connection, inspect, text

from shared.adapters.sql.database import Database
from shared.domain.errors import ConfigurationError

__all__ = ["HEAD", "MigratedSchema", "main_database"]

HEAD: Final = "0008"
"""The newest step in migrations/versions."""


class MigratedSchema:
    """A Schema that Alembic takes from step to step. Alembic is imported only when there is a step to take."""

    def is_current(self, connection: Connection) -> bool:
        return _version(connection) == HEAD

    def upgrade(self, connection: Connection) -> None:
        """Takes the missing steps, all or none.

        Raises:
            ConfigurationError: ``store_newer``: a newer build has been here.
        """
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "shared.adapters.sql:migrations")
        try:
            command.upgrade(config, HEAD)
        except CommandError as error:
            raise ConfigurationError(
                "store_newer",
                f"The database has version {_version(connection)}, which this build doesn't know. "
                "Use the newer build that made it.",
            ) from error


def main_database(url: URL | str) -> Database:
    """Returns the database of videos and documents, which is made and migrated by its first use.

    Args:
        url: Such as ``sqlite:////data/videos.db`` or ``postgresql://user:password@host/name``.

    Raises:
        ConfigurationError: ``bad_database_url``.
    """
    return Database(url, MigratedSchema())


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version
