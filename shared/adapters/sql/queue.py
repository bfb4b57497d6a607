"""The one table of the embedded queue.

It holds only what is under way, so it has no migrations: a build that needs other columns takes another table.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)

from shared.adapters.sql.exact_text import ExactText

__all__ = ["QueueSchema", "deliveries"]

_METADATA: Final = MetaData()

deliveries: Final = Table(
    "owned_deliveries",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("message_id", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("owner", ExactText, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("published_us", BigInteger, nullable=False),
    Column("visible_us", BigInteger, nullable=False),
    Column("leased", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("dead", Boolean, nullable=False),
    Index("ix_owned_deliveries_visible", "dead", "visible_us"),
    Index("ix_owned_deliveries_owner", "dead", "owner", "id"),
    sqlite_autoincrement=True,  # an id must not come back, or a late ack could take another message away
)
"""Messages still to be handled; a leased one becomes visible again when its lease runs out."""


class QueueSchema:
    """A Schema that makes the table where it is missing."""

    def is_current(self, connection: Connection) -> bool:
        return inspect(connection).has_table(deliveries.name)

    def upgrade(self, connection: Connection) -> None:
        _METADATA.create_all(connection)
