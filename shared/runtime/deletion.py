"""Deleting a video, whoever asks for it: everything of it goes, and nobody's late work can bring it back.

Deleting is a decision; what follows removes what that makes needless. When no worker was busy with the video, it
is forgotten at once: not even its id is kept. Else a worker that does not know yet may still add something, and
sweep finishes when the worker's lease has run out. So it does when a part of this fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.change import Change, Deleted
from shared.domain.errors import PipelineError
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import ObjectRef
from shared.domain.reservations import Upload
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import JobRunner
from shared.ports.object_links import ObjectLinks
from shared.ports.video_repository import VideoRepository
from shared.runtime.clips import is_being_clipped
from shared.runtime.exports import withdraw_exports
from shared.runtime.leftovers import clear_leftovers
from shared.runtime.outbox import publish_outbox

__all__ = ["DeletionPorts", "Erasure", "delete_video", "finish_deletion"]


class DeletionPorts(Protocol):
    """What deleting needs."""

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

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

    @property
    def links(self) -> ObjectLinks: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What a deletion removed.

    Attributes:
        video_id: The video that there was.
        erased_at: When it was deleted.
        complete: Whether nothing is left; else a worker was busy with it, and sweep removes what it may still add.
        objects: The objects removed from buckets.
        records: Class name -> how many records; attempts are among them.
        documents: Documents about it.
    """

    video_id: str
    erased_at: datetime
    complete: bool
    objects: tuple[ObjectRef, ...]
    records: Mapping[str, int]
    documents: int


def delete_video(
    ports: DeletionPorts,
    video_id: str,
    media_bucket: str,
    check: Callable[[Video], None] = lambda _video: None,
) -> Erasure:
    """Deletes a video: the uploaded file, everything made from it, and everything known about it.

    From the decision on it is gone for everybody. What follows the decision here is also done by the worker's next
    heartbeat and by sweep, should this end half way.

    Args:
        ports: What it works with.
        video_id: The video.
        media_bucket: Bucket that outputs are in.
        check: Looks at the video in the moment of the decision; what it raises is passed on, and nothing happens.

    Raises:
        NotFound: There is no such video.
        TransientError: It is deleted, but not everything of it could be removed now.
    """
    delete = ports.lifecycle.delete(ports.clock.now())

    def decide(video: Video | None) -> Change[Deleted]:
        if video is not None and video.status != DELETED:
            check(video)
        return delete(video)

    deleted = ports.repository.update(video_id, decide)
    if deleted.lease is not None and deleted.lease.execution is not None and ports.jobs is not None:
        _cancel(ports.jobs, deleted.lease.execution)
    settled = deleted.lease is None and not is_being_clipped(ports.documents, video_id, ports.clock.now())
    return finish_deletion(ports, deleted.video, media_bucket, settled=settled)


def finish_deletion(ports: DeletionPorts, video: Video, media_bucket: str, *, settled: bool) -> Erasure:
    """Removes what there is of a deleted video.

    Args:
        ports: What it works with.
        video: The video, as it was when it was deleted.
        media_bucket: Bucket that outputs are in.
        settled: Whether no worker can add to it any more, so that it can be forgotten.

    Raises:
        TransientError: Not everything could be removed now.
    """
    publish_outbox(ports.repository, ports.bus, video_id=video.id)
    ports.bus.take_back(video)
    _end_sessions(ports, video.id)
    withdraw_exports(ports.documents, ports.blobs, video.owner, media_bucket)
    documents = ports.documents.delete_about(video.id)
    removed = clear_leftovers(ports.repository, ports.blobs, video, media_bucket)
    if settled:
        settled = ports.repository.update(video.id, ports.lifecycle.forget(video, ports.clock.now()))
    return Erasure(
        video_id=video.id,
        erased_at=video.updated_at,
        complete=settled,
        objects=removed.objects,
        records=removed.records,
        documents=documents,
    )


def _end_sessions(ports: DeletionPorts, video_id: str) -> None:
    """Throws away what was sent of its file, or of another one for it."""
    for upload in ports.documents.about(Upload, video_id):
        ports.links.end_session(upload.url)


def _cancel(jobs: JobRunner, execution: str) -> None:
    try:
        jobs.cancel(execution)
    except PipelineError as error:
        # It ends by itself at its next heartbeat; cancelling only saves what it would cost until then.
        logger().warning("cancel_failed", execution=execution, error=str(error))
