"""Topics."""

from __future__ import annotations

from typing import Protocol

from shared.domain.events import Message

__all__ = ["EventBus"]


class EventBus(Protocol):
    """Delivers messages to whoever subscribed to a topic: at least once, in any order."""

    def publish(self, topic: str, message: Message) -> None:
        """Hands a message over; once this returns it is durable.

        Raises:
            TransientError: It may or may not have been accepted; publish it again.
        """
        ...
