"""Publishing what was committed."""

from __future__ import annotations

from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository

__all__ = ["publish_outbox"]


def publish_outbox(repository: VideoRepository, bus: EventBus, *, video_id: str) -> None:
    """Publishes a video's committed events, oldest first, and takes each off the outbox once the bus has it.

    Args:
        repository: Where the outbox is.
        bus: Where the events go.
        video_id: The video.

    Raises:
        TransientError: The bus or the store can't be reached; what is left stays in the outbox.
    """
    for event in repository.outbox(video_id=video_id):
        bus.publish(event.type, event)
        repository.mark_published([event.event_id])
