"""Topics."""

from __future__ import annotations

from typing import Protocol

from shared.domain.events import Message
from shared.domain.video import Video

__all__ = ["EventBus"]


class EventBus(Protocol):
    """Delivers messages to whoever subscribed to a topic: at least once, in any order."""

    def publish(self, topic: str, message: Message) -> None:
        """Hands a message over; once this returns it is durable.

        Raises:
            TransientError: It may or may not have been accepted; publish it again.
        """
        ...

    def take_back(self, video: Video) -> None:
        """Removes what nobody has handled yet about a deleted video, dead letters included, as far as a bus can.

        That it was deleted is still delivered. Pub/Sub gives nothing back: there, a message is gone when it is
        acknowledged, or when its subscription's retention is over.

        Raises:
            TransientError: The bus can't be reached.
        """
        ...
