"""Finds what got stuck or was left over, and puts it right. Everything here may run any number of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from shared.domain.audit import AuditEntry
from shared.domain.backfill import Backfill, PlannedReplay
from shared.domain.errors import NotFound, PermanentError
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.domain.records import ObjectRef
from shared.domain.reservations import Upload
from shared.domain.status import DELETED, UPLOADING
from shared.domain.tasks import TASKS
from shared.domain.uploads import is_upload
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_sweep_due
from shared.logs import logger
from shared.ports.document_store import Document, Edit
from shared.runtime.deletion import DeletionPorts, delete_video, finish_deletion
from shared.runtime.leftovers import clear_leftovers
from shared.runtime.outbox import publish_outbox
from shared.runtime.tasks import request_work
from shared.runtime.uploads import UploadPorts, announce_upload, seen_generation
from shared.settings import Settings

__all__ = ["STEPS", "SweepPorts", "Sweeper"]

STEPS: Final = (
    "publish_leftovers",
    "redrive_stalled",
    "request_due_work",
    "reconcile_uploads",
    "end_uploads",
    "delete_expired",
    "clear_leftovers",
)
"""Everything there is to do, in an order in which later steps find what earlier ones left."""

_MAX_EVENTS = 1000
"""Events one run looks at; the next run goes on."""

_MAX_TASKS = 1000
"""Tasks of a kind that one run tells of; the next run goes on."""

_MAX_EXPIRED = 100
"""Videos that one run deletes because of their age; the next run goes on."""

_EXPIRING: Final[tuple[type[Any], ...]] = (AuditEntry, IdempotentAnswer, Backfill, PlannedReplay)
"""Documents with which nothing is done when they are due: their time is over."""

_MAX_KNOWN = 100_000
"""Uploads remembered between two runs, in some 20 MB; more are looked up every time."""


class SweepPorts(UploadPorts, DeletionPorts, Protocol):
    """What sweeping needs."""

    @property
    def settings(self) -> Settings: ...


class Sweeper:
    """The things that make sure of "nothing lost, nothing left over".

    Each is guarded by itself, down to the single video: what can't be put right now is logged, and tried again by
    the next run.

    Args:
        ports: What it works with.
    """

    def __init__(self, ports: SweepPorts) -> None:
        self._ports = ports
        # Name -> generation of uploads that are registered. That stays true, and asking again costs a read each.
        self._known: dict[str, int] = {}

    def handle(self, delivery: Delivery) -> None:
        """Does the steps that a scheduler's message names.

        Raises:
            PermanentError: ``bad_event``: it is another message, or names what is no step.
        """
        due = parse_sweep_due(delivery)
        if unknown := set(due.steps) - set(STEPS):
            raise PermanentError("bad_event", f"There are no steps {', '.join(sorted(unknown))}.")
        self.run(due.steps)

    def run(self, steps: Sequence[str] = STEPS) -> None:
        """Does steps, each once; without arguments all of them."""
        for step in steps:
            _guarded(step, getattr(self, step))

    def publish_leftovers(self) -> None:
        """Publishes events that were committed, but whose worker died before it published them."""
        ports = self._ports
        waiting = ports.repository.outbox(limit=_MAX_EVENTS)
        # A video at a time, so that an event that can't be sent holds up nobody else's.
        for video_id in dict.fromkeys(event.video_id for event in waiting):
            _guarded("publish", partial(publish_outbox, ports.repository, ports.bus, video_id=video_id))

    def redrive_stalled(self) -> None:
        """Sends the event again that a video has been waiting for longer than any bus should take."""
        idle_since = self._ports.clock.now() - timedelta(seconds=self._ports.settings.redrive_after_s)
        for video in self._ports.repository.stalled(idle_since=idle_since):
            _guarded("redrive", partial(self._redrive, video))

    def request_due_work(self) -> None:
        """Tells who does it of everything that is due: its time has come, or whoever was told before has died."""
        ports = self._ports
        for kind in TASKS:
            for task in ports.documents.due(kind, until=ports.clock.now(), limit=_MAX_TASKS):
                _guarded("request_work", partial(request_work, ports.bus, task))

    def reconcile_uploads(self) -> None:
        """Announces uploads that have been lying there for a while without anybody having heard of them."""
        settings = self._ports.settings
        before = self._ports.clock.now() - timedelta(seconds=settings.reconcile_after_s)
        known, self._known = self._known, {}
        for upload in self._ports.blobs.list_objects(settings.upload_bucket):
            name, generation = upload.ref.name, upload.ref.generation
            if known.get(name) == generation:
                self._remember(name, generation)
            elif is_upload(name) and upload.updated_at <= before:
                _guarded("reconcile_upload", partial(self._reconcile, upload.ref))

    def end_uploads(self) -> None:
        """Forgets uploads whose time is over, and the videos that were reserved for those that never came."""
        ports = self._ports
        for upload in ports.documents.due(Upload, until=ports.clock.now(), limit=_MAX_TASKS):
            _guarded("end_upload", partial(self._end_upload, upload))

    def delete_expired(self) -> None:
        """Deletes what is kept no longer: videos, oldest first, where the settings say so, and documents."""
        ports, now = self._ports, self._ports.clock.now()
        if (days := ports.settings.retention_days) is not None:
            oldest = ports.repository.list_videos(
                sort="created_at", created_before=now - timedelta(days=days), limit=_MAX_EXPIRED
            )
            for video in oldest.videos:
                logger().info("expired", video_id=video.id, created_at=video.created_at.isoformat())
                _guarded("expire", partial(delete_video, ports, video.id, ports.settings.media_bucket))
        for kind in _EXPIRING:
            for document in ports.documents.due(kind, until=now, limit=_MAX_TASKS):
                _guarded("expire", partial(self._expire, kind, document.id, now))

    def clear_leftovers(self) -> None:
        """Removes what finished, failed and deleted videos left behind and nothing refers to."""
        # A worker that lost its lease may be writing until its next heartbeat tells it so.
        settled_before = self._ports.clock.now() - timedelta(seconds=self._ports.settings.lease_s)
        for video in self._ports.repository.unswept():
            if video.updated_at <= settled_before:
                _guarded("clear", partial(self._settle, video))

    def _settle(self, video: Video) -> None:
        ports, media_bucket = self._ports, self._ports.settings.media_bucket
        if video.status == DELETED:
            finish_deletion(ports, video, media_bucket, settled=True)
        else:
            clear_leftovers(ports.repository, ports.blobs, video, media_bucket)
            ports.repository.update(video.id, ports.lifecycle.mark_swept(video))

    def _end_upload(self, upload: Upload) -> None:
        ports = self._ports
        video = ports.repository.get(upload.about)
        if video is not None and video.status == UPLOADING:
            try:
                # It may have come, and nobody heard of it.
                announce_upload(ports, ports.blobs.stat(video.source.bucket, video.source.object))
            except NotFound:
                logger().info("upload_expired", video_id=video.id)
                delete_video(ports, video.id, ports.settings.media_bucket)
        ports.documents.delete(Upload, upload.id, owner=upload.owner)

    def _expire(self, kind: type[Any], document_id: str, now: datetime) -> None:
        def decide(stored: Document | None) -> Edit[Any, None]:
            over = stored is not None and stored.due_at is not None and stored.due_at <= now
            return Edit(answer=None, delete=over)

        self._ports.documents.update(kind, document_id, decide, owner=None)

    def _redrive(self, video: Video) -> None:
        ports = self._ports
        event = ports.lifecycle.redrive(video)
        if event is not None:
            logger().warning("redriven", video_id=video.id, run=video.run, status=video.status)
            ports.bus.publish(event.type, event)
            ports.repository.update(video.id, ports.lifecycle.mark_redriven(video, ports.clock.now()))

    def _reconcile(self, upload: ObjectRef) -> None:
        ports = self._ports
        if upload.generation > seen_generation(ports.repository, upload.bucket, upload.name):
            logger().warning("upload_reconciled", object=upload.name, generation=upload.generation)
            announce_upload(ports, upload)
        self._remember(upload.name, upload.generation)

    def _remember(self, name: str, generation: int) -> None:
        if len(self._known) < _MAX_KNOWN:
            self._known[name] = generation


def _guarded(step: str, act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:
        logger().exception("sweep_failed", step=step)
