"""Finds what got stuck or was left over, and puts it right. Everything here may run any number of times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, Protocol, TypeVar

from functions.sweep.pace import Pace, attempted
from functions.sweep.reconciliation import Reconciler, ReconciliationPorts
from shared.domain.errors import NotFound, PermanentError
from shared.domain.expiring import EXPIRING
from shared.domain.reservations import Upload
from shared.domain.status import DELETED, UPLOADING
from shared.domain.tasks import TASKS
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_sweep_due
from shared.logs import logger
from shared.ports.document_store import Document, Edit
from shared.runtime.deletion import DeletionPorts, delete_video, finish_deletion
from shared.runtime.leftovers import clear_leftovers
from shared.runtime.outbox import publish_outbox
from shared.runtime.tasks import request_work
from shared.runtime.uploads import announce_upload

__all__ = ["STEPS", "THREADS", "SweepPorts", "Sweeper"]

THREADS: Final = 16
"""Things that the deployed function does at the same time."""

_MAX_EVENTS = 1000
"""Events one run looks at; the next run goes on."""

_MAX_TASKS = 1000
"""Tasks of a kind that one run tells of; the next run goes on."""

D = TypeVar("D", bound=Document)


class SweepPorts(ReconciliationPorts, DeletionPorts, Protocol):
    """What sweeping needs."""


class Sweeper:
    """The things that make sure of "nothing lost, nothing left over".

    Each is guarded by itself, down to the single video: what can't be put right now is logged, and tried again by
    the next run.

    Args:
        ports: What it works with.
        threads: Things done at the same time.
    """

    def __init__(self, ports: SweepPorts, *, threads: int = 1) -> None:
        self._ports = ports
        self._threads = threads
        self._reconciler = Reconciler(ports)

    def handle(self, delivery: Delivery) -> None:
        """Does the steps that a scheduler's message names.

        Raises:
            PermanentError: ``bad_event``: it is another message, names what is no step, or gives a time that the
                function does not have.
        """
        due = parse_sweep_due(delivery)
        if unknown := set(due.steps) - set(STEPS):
            raise PermanentError("bad_event", f"There are no steps {', '.join(sorted(unknown))}.")
        own = (one.timeout_s for one in self._ports.flow.services if one.function == "sweep")
        limit_s = min(own, default=math.inf)
        if not 0 < due.within_s < limit_s:  # refuses NaN as well, which is neither less nor more
            raise PermanentError(
                "bad_event", f"Sweep can't take {due.within_s} s: it has less than {limit_s:g} s."
            )
        self.run(due.steps, within_s=due.within_s)

    def run(self, steps: Iterable[str] | None = None, *, within_s: float = math.inf) -> None:
        """Does steps one after the other; without arguments all of them, for as long as that takes."""
        pace = Pace(self._ports.clock, threads=self._threads, within_s=within_s)
        for step in STEPS if steps is None else steps:
            if pace.over:
                return
            attempted(step, partial(STEPS[step], self, pace))

    def publish_leftovers(self, pace: Pace) -> None:
        """Publishes events that were committed, but whose worker died before it published them."""
        ports = self._ports
        waiting = ports.repository.outbox(limit=_MAX_EVENTS)
        # A video at a time, so that an event that can't be sent holds up nobody else's.
        videos = dict.fromkeys(event.video_id for event in waiting)
        pace.each("publish", videos, lambda one: publish_outbox(ports.repository, ports.bus, video_id=one))

    def redrive_stalled(self, pace: Pace) -> None:
        """Sends the event again that a video has been waiting for longer than any bus should take."""
        idle_since = self._ports.clock.now() - timedelta(seconds=self._ports.settings.redrive_after_s)

        def stalled(limit: int) -> Sequence[Video]:
            return self._ports.repository.stalled(idle_since=idle_since, limit=limit)

        pace.drain("redrive", stalled, self._redrive)

    def request_due_work(self, pace: Pace) -> None:
        """Tells who does it of everything that is due: its time has come, or whoever was told before has died."""
        ports = self._ports
        for kind in TASKS:
            if pace.over:
                return
            due = ports.documents.due(kind, until=ports.clock.now(), limit=_MAX_TASKS)
            pace.each("request_work", due, partial(request_work, ports.bus))

    def reconcile_uploads(self, pace: Pace) -> None:
        """Announces uploads that have been lying there for a while without anybody having heard of them."""
        self._reconciler.look(pace)

    def end_uploads(self, pace: Pace) -> None:
        """Forgets uploads whose time is over, and the videos that were reserved for those that never came."""
        pace.drain("end_upload", partial(self._due, Upload), self._end_upload)

    def delete_expired(self, pace: Pace) -> None:
        """Deletes what is kept no longer: videos, oldest first, where the settings say so, and documents."""
        ports = self._ports
        if (days := ports.settings.retention_days) is not None:
            before = ports.clock.now() - timedelta(days=days)

            def expired(limit: int) -> Sequence[Video]:
                return ports.repository.list_videos(sort="created_at", created_before=before, limit=limit).videos

            pace.drain("expire", expired, self._expire_video)
        for kind in EXPIRING:
            pace.drain("expire", partial(self._due, kind), partial(self._expire, kind))

    def clear_leftovers(self, pace: Pace) -> None:
        """Removes what finished, failed and deleted videos left behind and nothing refers to."""
        # A worker that lost its lease may be writing until its next heartbeat tells it so.
        settled_before = self._ports.clock.now() - timedelta(seconds=self._ports.settings.lease_s)

        def unswept(limit: int) -> Sequence[Video]:
            found = self._ports.repository.unswept(limit=limit)
            return [video for video in found if video.updated_at <= settled_before]

        pace.drain("clear", unswept, self._settle)

    def _due(self, kind: type[D], limit: int) -> Sequence[D]:
        return self._ports.documents.due(kind, until=self._ports.clock.now(), limit=limit)

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

    def _expire_video(self, video: Video) -> None:
        logger().info("expired", video_id=video.id, created_at=video.created_at.isoformat())
        delete_video(self._ports, video.id, self._ports.settings.media_bucket)

    def _expire(self, kind: type[D], document: D) -> None:
        def decide(stored: D | None) -> Edit[D, None]:
            over = stored is not None and stored.due_at == document.due_at
            return Edit(answer=None, delete=over)

        self._ports.documents.update(kind, document.id, decide, owner=None)

    def _redrive(self, video: Video) -> None:
        ports = self._ports
        event = ports.lifecycle.redrive(video)
        if event is not None:
            logger().warning("redriven", video_id=video.id, run=video.run, status=video.status)
            ports.bus.publish(event.type, event)
            ports.repository.update(video.id, ports.lifecycle.mark_redriven(video, ports.clock.now()))


STEPS: Final[Mapping[str, Callable[[Sweeper, Pace], None]]] = {
    "publish_leftovers": Sweeper.publish_leftovers,
    "redrive_stalled": Sweeper.redrive_stalled,
    "request_due_work": Sweeper.request_due_work,
    "reconcile_uploads": Sweeper.reconcile_uploads,
    "end_uploads": Sweeper.end_uploads,
    "delete_expired": Sweeper.delete_expired,
    "clear_leftovers": Sweeper.clear_leftovers,
}
"""Everything there is to do, in an order in which later steps find what earlier ones left."""
