"""Deleting a video, whoever asks for it."""

from __future__ import annotations

from typing import Protocol

from shared.domain.errors import PipelineError
from shared.domain.lifecycle import Lifecycle
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import JobRunner
from shared.ports.video_repository import VideoRepository
from shared.runtime.leftovers import clear_leftovers
from shared.runtime.logs import logger
from shared.runtime.outbox import publish_outbox

__all__ = ["DeletionPorts", "delete_video"]


class DeletionPorts(Protocol):
    """What deleting needs."""

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

    @property
    def jobs(self) -> JobRunner | None: ...


def delete_video(ports: DeletionPorts, video_id: str, media_bucket: str) -> None:
    """Deletes a video: the uploaded file, everything made from it, and everything known about it.

    From the decision on it is gone for everybody, and nobody's late work can bring it back. What follows the
    decision here is also done by the worker's next heartbeat and by sweep, should this end half way.

    Args:
        ports: What it works with.
        video_id: The video.
        media_bucket: Bucket that outputs are in.

    Raises:
        NotFound: There is no such video.
        TransientError: It is deleted, but not everything of it could be removed now.
    """
    deleted = ports.repository.update(video_id, ports.lifecycle.delete(ports.clock.now()))
    if deleted.lease is not None and deleted.lease.execution is not None and ports.jobs is not None:
        _cancel(ports.jobs, deleted.lease.execution)
    publish_outbox(ports.repository, ports.bus, video_id=video_id)
    clear_leftovers(ports.repository, ports.blobs, deleted.video, media_bucket)


def _cancel(jobs: JobRunner, execution: str) -> None:
    try:
        jobs.cancel(execution)
    except PipelineError as error:
        # It ends by itself at its next heartbeat; cancelling only saves what it would cost until then.
        logger().warning("cancel_failed", execution=execution, error=str(error))
