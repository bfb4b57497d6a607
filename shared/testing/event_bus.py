"""Topics without a queue server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.events import Message, ObjectFinalized, VideoEvent
from shared.domain.flow import Flow
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_delivery, pubsub_delivery, to_pubsub

__all__ = ["InMemoryEventBus", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published where."""

    topic: str
    message: Message


class InMemoryEventBus:
    """An EventBus that keeps everything published, and delivers it when a test says so.

    Args:
        flow: Who consumes what.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.published: list[Published] = []
        self.waiting: deque[tuple[str, Delivery]] = deque()
        """Function and delivery; a test may reorder, repeat and drop them."""

    def publish(self, topic: str, message: Message) -> None:
        self.published.append(Published(topic, message))
        message_id = str(len(self.published))
        for function in self._flow.consumers(topic):
            # Through the wire and back, so that a test sees what a function would.
            delivery = pubsub_delivery(topic, message_id, to_pubsub(message), "2026-01-01T00:00:00Z")
            self.waiting.append((function, delivery))

    def take_back(self, video: Video) -> None:
        self.waiting = deque(
            (function, delivery)
            for function, delivery in self.waiting
            if not self._is_about(parse_delivery(delivery), video)
        )

    def _is_about(self, message: Message | None, video: Video) -> bool:
        if isinstance(message, ObjectFinalized):
            return (message.bucket, message.name) == (video.source.bucket, video.source.object)
        if isinstance(message, VideoEvent):
            return message.video_id == video.id and message.type != self._flow.deleted_topic
        return message is not None and video.id in message.document_id

    def drain(self, handle: Callable[[str, Delivery], None]) -> int:
        """Delivers until nothing waits, also what is published meanwhile, and returns how many deliveries.

        Args:
            handle: Gets the function's name and the delivery. What it raises stops the draining; that delivery
                waits again, as the last one.
        """
        delivered = 0
        while self.waiting:
            stage, delivery = self.waiting.popleft()
            try:
                handle(stage, delivery)
            except Exception:
                self.waiting.append((stage, delivery))
                raise
            delivered += 1
        return delivered
