"""A durable queue in a SQLite file of its own: at least once, leases, backoff, dead letters.

Every stage that consumes a topic has its own copy of a message, as subscriptions have. What nobody consumes is
not kept.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from shared.adapters.sql.database import Database
from shared.adapters.sql.instants import from_us, to_us
from shared.adapters.sql.queue import QueueSchema, deliveries
from shared.adapters.sql.sqlite import sqlite_url
from shared.domain.events import Message, ObjectFinalized
from shared.domain.flow import Flow
from shared.domain.identity import owner_of
from shared.domain.video import Video
from shared.domain.wire import Delivery, pubsub_delivery, to_pubsub
from shared.ports.clock import Clock

__all__ = ["Backlog", "LeasedMessage", "LocalBus"]

BACKOFF_S: Final = 1.0
"""A message refused for the first time comes back within this time; each further refusal doubles it …"""

MAX_BACKOFF_S: Final = 300.0
"""… up to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedMessage:
    """A message handed to a worker, who must ack() or nack() it before its lease runs out.

    Attributes:
        id: The queue's number of this delivery.
        stage: Whose function it is for.
        delivery: What to call the function with.
        attempt: 1-based; grows with every lease of this message, so that a late ack is told from a current one.
    """

    id: int
    stage: str
    delivery: Delivery
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for a function.

    Attributes:
        function: The function.
        messages: How many messages it has not acknowledged: waiting, delayed or leased, but not dead.
        oldest_at: When the oldest of them was published.
    """

    function: str
    messages: int
    oldest_at: datetime


class LocalBus:
    """An EventBus and its delivering side; safe to use from several threads and processes at once.

    A message is dead after ``max_failures`` refusals and run-out leases together. A refusal that names the time to
    come back does not count: ``busy`` says that the message is fine and somebody else is on it, and that ends when
    that lease does. Nor does release_all(), after which the work is tried again because its host was stopped.

    Args:
        path: The database file; made by the first use.
        flow: Who consumes what.
        clock: The time; a message's wait is measured with it.
        max_failures: When to give up on a message.
        chance: Returns a number in 0..1, uniformly; spreads what comes back.
    """

    def __init__(
        self,
        path: Path,
        flow: Flow,
        clock: Clock,
        *,
        max_failures: int = 20,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = Database(sqlite_url(path), QueueSchema())
        self._flow = flow
        self._clock = clock
        self._max_failures = max_failures
        self._chance = chance
        self._served = ""

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def publish(self, topic: str, message: Message) -> None:
        data, attributes = to_pubsub(message)
        row = {
            "message_id": uuid.uuid4().hex,
            "topic": topic,
            "owner": _owner_of(message),
            "data": data,
            "attributes": json.dumps(attributes),
            "published_us": self._now_us(),
            "visible_us": 0,  # at once, also when the clock is set back meanwhile
            "leased": False,
            "attempt": 0,
            "failures": 0,
            "dead": False,
        }
        rows = [row | {"stage": function} for function in self._flow.consumers(topic)]
        if rows:
            with self._database.writing() as connection:
                connection.execute(insert(deliveries), rows)

    def take_back(self, video: Video) -> None:
        source = {"bucketId": video.source.bucket, "objectId": video.source.object}
        # The upload's own announcement names the object; everything else the id, which nothing else can contain.
        uploaded = and_(*(_has(name, value) for name, value in source.items()))
        about = or_(func.instr(deliveries.c.attributes, video.id) > 0, uploaded)
        others = deliveries.c.topic != self._flow.deleted_topic
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(about, others))
        self._database.scrub()

    def lease(self, limit: int, lease_s: float, functions: Sequence[str] | None = None) -> list[LeasedMessage]:
        """Hands out messages that wait; nobody else gets them until the lease runs out.

        Their owners take turns, each with the oldest of theirs, so that nobody waits for all that somebody else
        has to be done.

        Args:
            limit: How many at most.
            lease_s: Seconds the caller has for them, unless it extends that.
            functions: Only messages for these; None for all.
        """
        now_us = self._now_us()
        # What is for a function that only an older or newer flow has waits in the queue until that flow is back.
        ours = deliveries.c.stage.in_(self._flow.message_functions if functions is None else functions)
        due = ~deliveries.c.dead & (deliveries.c.visible_us <= now_us) & ours
        with self._database.reading() as connection:  # a queue that is polled while empty keeps no writer waiting
            if connection.execute(select(deliveries.c.id).where(due).limit(1)).first() is None:
                return []
        leased: list[LeasedMessage] = []
        with self._database.writing() as connection:
            while len(leased) < limit and (row := self._next(connection, due)) is not None:
                failures = row.failures + row.leased  # a lease that ran out
                dead = failures >= self._max_failures
                values = {
                    "failures": failures,
                    "dead": dead,
                    "leased": not dead,
                    "attempt": row.attempt + (not dead),
                    "visible_us": now_us + _us(lease_s),
                }
                connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(**values))
                if not dead:
                    leased.append(_leased_message(row))
        return leased

    def _next(self, connection: Connection, due: ColumnElement[bool]) -> Any:
        """Returns the oldest message of the owner whose turn it is; None when nothing waits."""
        oldest = select(deliveries).where(due).order_by(deliveries.c.owner, deliveries.c.id).limit(1)
        after = connection.execute(oldest.where(deliveries.c.owner > self._served)).first()
        # The condition holds for all, and leads SQLite to the index that it need not sort.
        row = after or connection.execute(oldest.where(deliveries.c.owner >= "")).first()
        if row is not None:
            self._served = row.owner
        return row

    def extend(self, message: LeasedMessage, lease_s: float) -> bool:
        """Makes the lease run out so many seconds from now; False when it is no longer the caller's."""
        return self._change(message, {"visible_us": self._now_us() + _us(lease_s)})

    def ack(self, message: LeasedMessage) -> bool:
        """Takes a message off the queue; False when the lease is no longer the caller's."""
        with self._database.writing() as connection:
            done = connection.execute(delete(deliveries).where(_is_held(message))).rowcount == 1
            more = connection.execute(select(deliveries.c.id).where(~deliveries.c.dead).limit(1)).first()
        if more is None or message.delivery.source.endswith(f"/{self._flow.deleted_topic}"):
            self._database.scrub()  # this may have been the last to name a video that is erased
        return done

    def nack(self, message: LeasedMessage, retry_after_s: float | None = None) -> bool:
        """Gives a message back to be delivered again.

        Args:
            message: The message.
            retry_after_s: Seconds before that makes sense; the refusal does not count then. None means that it
                failed: it comes back after a random part of a time that doubles, or not at all.

        Returns:
            False when the lease is no longer the caller's.
        """
        if retry_after_s is not None:
            visible_us = self._now_us() + _us(retry_after_s)
            return self._change(message, {"leased": False, "visible_us": visible_us})
        with self._database.writing() as connection:
            held = select(deliveries.c.failures).where(_is_held(message))
            before: int | None = connection.execute(held).scalar()
            if before is None:
                return False
            backoff_s = self._chance() * min(BACKOFF_S * 2**before, MAX_BACKOFF_S)
            values = {
                "leased": False,
                "failures": before + 1,
                "dead": before + 1 >= self._max_failures,
                "visible_us": self._now_us() + _us(backoff_s),
            }
            connection.execute(update(deliveries).where(deliveries.c.id == message.id).values(**values))
        return True

    def release_all(self) -> int:
        """Makes every leased message deliverable at once and returns how many.

        For a start after a stop, when whoever held them is gone; acks that still come are refused.
        """
        with self._database.writing() as connection:
            released = update(deliveries).where(deliveries.c.leased, ~deliveries.c.dead)
            return connection.execute(released.values(leased=False, visible_us=0)).rowcount

    def backlogs(self) -> Sequence[Backlog]:
        """Returns what waits for each function that anything waits for."""
        oldest = func.min(deliveries.c.published_us)
        query = select(deliveries.c.stage, func.count(), oldest).where(~deliveries.c.dead)
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(deliveries.c.stage).order_by(deliveries.c.stage)).all()
        return [
            Backlog(function=function, messages=messages, oldest_at=from_us(oldest_us))
            for function, messages, oldest_us in rows
        ]

    def _change(self, message: LeasedMessage, values: Mapping[str, object]) -> bool:
        with self._database.writing() as connection:
            return connection.execute(update(deliveries).where(_is_held(message)).values(**values)).rowcount == 1

    def _now_us(self) -> int:
        return to_us(self._clock.now())


def _has(name: str, value: str) -> ColumnElement[bool]:
    """Returns whether a message has an attribute, by how publish() writes it."""
    return func.instr(deliveries.c.attributes, json.dumps({name: value})[1:-1]) > 0


def _is_held(message: LeasedMessage) -> ColumnElement[bool]:
    return (
        (deliveries.c.id == message.id)
        & (deliveries.c.attempt == message.attempt)
        & deliveries.c.leased
        & ~deliveries.c.dead
    )


def _leased_message(row: Any) -> LeasedMessage:
    delivery = pubsub_delivery(
        f"projects/local/topics/{row.topic}",
        row.message_id,
        (row.data, json.loads(row.attributes)),
        from_us(row.published_us).isoformat(),
    )
    return LeasedMessage(id=row.id, stage=row.stage, delivery=delivery, attempt=row.attempt + 1)


def _owner_of(message: Message) -> str:
    return owner_of(message.name) if isinstance(message, ObjectFinalized) else message.owner


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
