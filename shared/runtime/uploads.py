"""Noticing uploads that no event told of."""

from __future__ import annotations

from typing import Protocol

from shared.domain.change import Change
from shared.domain.events import ObjectFinalized
from shared.domain.flow import Flow
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import ObjectRef
from shared.ports.clock import Clock
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository

__all__ = ["UploadPorts", "announce_upload", "seen_generation"]


class UploadPorts(Protocol):
    """What announcing needs."""

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

    @property
    def flow(self) -> Flow: ...


def seen_generation(repository: VideoRepository, bucket: str, name: str) -> int:
    """Returns the newest generation of an upload that was ever registered; 0 for none.

    A deleted video counts: its object, if it is still there, must not bring it back.
    """
    video_id = video_id_of(bucket, name)
    # A deleted video is only visible to a decision; most are not deleted, so the cheaper way comes first.
    video = repository.get(video_id) or repository.update(video_id, lambda stored: Change(answer=stored))
    return video.source.generation if video else 0


def announce_upload(ports: UploadPorts, upload: ObjectRef) -> None:
    """Registers an upload, and says of it what its bucket would have said when it was finished.

    It counts as seen from then on: however long the queue is, nobody announces it again. Should this end half way,
    it is a registered video that nothing happens to, which sweep drives on.
    """
    finalized = ObjectFinalized(
        bucket=upload.bucket,
        name=upload.name,
        generation=upload.generation,
        size_bytes=upload.size_bytes,
        content_type=upload.content_type,
    )
    register = ports.lifecycle.register(finalized, ports.clock.now())
    ports.repository.update(video_id_of(upload.bucket, upload.name), register)
    ports.bus.publish(ports.flow.stages[0].consumes, finalized)
