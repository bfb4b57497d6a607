"""Brings the database of videos to the version that this build needs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

from shared.domain.errors import ConfigurationError

__all__ = ["HEAD", "MigratedSchema"]

HEAD: Final = "0003"
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


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version
