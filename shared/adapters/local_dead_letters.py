"""The dead letters of the embedded queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select, update

from shared.adapters.sql.database import Database
from shared.adapters.sql.instants import from_us
from shared.adapters.sql.queue import QueueSchema, deliveries
from shared.adapters.sql.sqlite import sqlite_url
from shared.ports.dead_letters import DeadLetter, Disposal

__all__ = ["LocalDeadLetters"]

_PAGE: Final = 100


class LocalDeadLetters:
    """DeadLetters in a LocalBus's database, oldest first. Each is one function's: only that gets it again.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(sqlite_url(path), QueueSchema())

    def visit(self, decide: Callable[[DeadLetter], Disposal]) -> None:
        last = 0
        while page := self._after(last):
            for row in page:
                disposal = decide(_letter(row))
                if disposal == "stop":
                    return
                self._dispose(row.id, disposal)
                last = row.id

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def _after(self, last: int) -> list[Any]:
        dead = select(deliveries).where(deliveries.c.dead, deliveries.c.id > last)
        with self._database.reading() as connection:
            return list(connection.execute(dead.order_by(deliveries.c.id).limit(_PAGE)))

    def _dispose(self, letter_id: int, disposal: Disposal) -> None:
        this = (deliveries.c.id == letter_id, deliveries.c.dead)
        fresh = {"dead": False, "leased": False, "failures": 0, "visible_us": 0}
        if disposal == "keep":
            return
        with self._database.writing() as connection:
            if disposal == "replay":
                connection.execute(update(deliveries).where(*this).values(**fresh))
            else:
                connection.execute(delete(deliveries).where(*this))


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=str(row.id),
        function=row.stage,
        topic=row.topic,
        deliveries=row.attempt,
        published_at=from_us(row.published_us),
        data=row.data,
        attributes=json.loads(row.attributes),
    )
