"""Noticing uploads that no event told of."""

from __future__ import annotations

from shared.domain.change import Change
from shared.domain.events import ObjectFinalized
from shared.domain.identity import video_id_of
from shared.domain.records import ObjectRef
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository

__all__ = ["announce_upload", "seen_generation"]


def seen_generation(repository: VideoRepository, bucket: str, name: str) -> int:
    """Returns the newest generation of an upload that was ever registered; 0 for none.

    A deleted video counts: its object, if it is still there, must not bring it back.
    """
    video_id = video_id_of(bucket, name)
    # A deleted video is only visible to a decision; most are not deleted, so the cheaper way comes first.
    video = repository.get(video_id) or repository.update(video_id, lambda stored: Change(answer=stored))
    return video.source.generation if video else 0


def announce_upload(bus: EventBus, topic: str, upload: ObjectRef) -> None:
    """Says of an upload what its bucket would have said when it was finished."""
    bus.publish(
        topic,
        ObjectFinalized(
            bucket=upload.bucket,
            name=upload.name,
            generation=upload.generation,
            size_bytes=upload.size_bytes,
            content_type=upload.content_type,
        ),
    )
