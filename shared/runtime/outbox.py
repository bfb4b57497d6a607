"""Publishing what was committed."""

from __future__ import annotations

from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository

__all__ = ["publish_outbox"]


def publish_outbox(repository: VideoRepository, bus: EventBus, *, video_id: str | None = None) -> int:
    """Publishes committed events, oldest first, and takes each off the outbox once the bus has it.

    Args:
        repository: Where the outbox is.
        bus: Where the events go.
        video_id: Only this video's events; None for everybody's.

    Returns:
        How many events were published.

    Raises:
        TransientError: The bus or the store can't be reached; what is left stays in the outbox.
    """
    events = repository.outbox(video_id=video_id)
    for event in events:
        bus.publish(event.type, event)
        repository.mark_published([event.event_id])
    return len(events)
