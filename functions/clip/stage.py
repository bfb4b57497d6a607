"""The use case of clip: make the clip that is due, or remove the one whose time is over."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from functions.clip.session import ClipSession
from shared.domain.clips import CLIP_REQUESTED, Clip, clip_object
from shared.domain.encoding import ClipPlan
from shared.domain.errors import LeaseLost, NotFound, PermanentError, PreconditionFailed, TransientError
from shared.domain.events import WorkRequested
from shared.domain.flow import Flow
from shared.domain.media import MediaInfo
from shared.domain.records import ObjectRef
from shared.domain.wire import Delivery, parse_delivery
from shared.interruption import check_not_ending, interruptible
from shared.logs import bound_fields, logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore, Edit
from shared.ports.encoder import Encoder
from shared.ports.video_repository import VideoRepository
from shared.runtime.clips import forgotten, remove_files
from shared.settings import Settings

__all__ = ["ClipPorts", "Clipper"]

_SAFE_SHARE: Final = 0.9
"""Of the function's time; the rest is for storing the file."""


class ClipPorts(Protocol):
    """What clipping needs."""

    @property
    def flow(self) -> Flow: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def encoder(self) -> Encoder: ...


class Clipper:
    """Handles the clips that it is told of.

    Args:
        ports: What it works with.
    """

    def __init__(self, ports: ClipPorts) -> None:
        self._ports = ports

    def handle(self, delivery: Delivery) -> None:
        """Handles one delivery; returning acknowledges it.

        Raises:
            PermanentError: ``bad_event``: it is about something else.
            TransientError: Deliver it again later.
        """
        told = parse_delivery(delivery)
        if not isinstance(told, WorkRequested) or told.type != CLIP_REQUESTED:
            raise PermanentError("bad_event", "This is no request for a clip.")
        clip = self._ports.documents.update(Clip, told.document_id, self._begun, owner=told.owner)
        if clip is None:
            return
        with bound_fields(clip_id=clip.id, video_id=clip.about):
            if clip.state == "expired" or not self._is_current(clip):
                self._remove(clip)
            else:
                self._make(clip)

    def _begun(self, stored: Clip | None) -> Edit[Clip, Clip | None]:
        """Decides what is to be done for a clip; nothing for one that is not due."""
        ports = self._ports
        now = ports.clock.now()
        if stored is None or stored.due_at > now:
            return Edit(answer=None)
        begun = stored.begun(now, ports.settings.lease_s) if stored.is_open else stored.expired(now)
        return Edit(answer=None if begun.state == "failed" else begun, document=begun)

    def _is_current(self, clip: Clip) -> bool:
        """Tells whether its video is still the one that it was asked for."""
        video = self._ports.repository.get(clip.about)
        return video is not None and video.source.generation == clip.generation

    def _make(self, clip: Clip) -> None:
        ports = self._ports
        session = ClipSession(
            ports.clock,
            ports.flow.longest_s("clip") * _SAFE_SHARE,
            ports.settings.heartbeat_s,
            lambda progress: self._extend(clip, progress),
        )
        try:
            with session, interruptible(lambda: self._give_back(clip)):
                file, media = self._cut(clip, session)
        except LeaseLost as error:
            check_not_ending()  # what is acknowledged now would wait for sweep
            logger().info("lease_lost", detail=error.detail)
            self._discard(clip)
            return
        except (NotFound, PreconditionFailed):
            logger().info("clip_source_gone")
            reason = "The video was processed anew meanwhile. Ask for the clip again."
            self._update(clip, lambda stored: stored.failed(reason, ports.clock.now()))
            return
        except PermanentError as error:
            reason = error.detail
            logger().warning("clip_failed", code=error.code, detail=reason, log_tail=error.log_tail)
            self._update(clip, lambda stored: stored.failed(reason, ports.clock.now()))
            return
        except Exception as error:
            check_not_ending()  # it was given back
            cause = error.detail if isinstance(error, TransientError) else "Something went wrong here."
            self._update(clip, lambda stored: stored.postponed(f"{cause} It is tried again.", ports.clock.now()))
            raise
        size = media.video[0].display_size if media.video else None
        ended = self._update(
            clip, lambda stored: stored.completed(file, media.duration_s, ports.clock.now(), size=size)
        )
        if ended is None:
            self._discard(clip)
            return
        logger().info("clip_ready", seconds=media.duration_s, size_bytes=file.size_bytes, cpu_s=session.cpu_s)

    def _cut(self, clip: Clip, session: ClipSession) -> tuple[ObjectRef, MediaInfo]:
        """Makes and stores the file; returns it, and what it is."""
        ports = self._ports
        ports.settings.workspaces.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ports.settings.workspaces) as folder:
            # The file for download: upright, in colors and at a level that everything plays, and still there when
            # the upload is deleted. It is the largest rendition, and what the clip's times are those of.
            source, name = Path(folder, "source.mp4"), clip_object(clip, clip.tries)
            ports.blobs.get(clip.source.bucket, clip.source.name, source, generation=clip.source.generation)
            session.check()
            made = Path(folder, Path(name).name)
            plan = ClipPlan(spans=clip.spans, box=clip.box, preset=ports.settings.encoding.preset)
            media = ports.encoder.clip(source, plan, made, session)
            session.check()
            file = ports.blobs.put(ports.settings.media_bucket, name, made, clip.source.content_type)
        return file, media

    def _extend(self, clip: Clip, progress: float) -> None:
        ports = self._ports
        lease_s = ports.settings.lease_s
        if self._update(clip, lambda stored: stored.extended(progress, ports.clock.now(), lease_s)) is None:
            raise LeaseLost("the clip is wanted no more, or somebody else makes it")

    def _give_back(self, clip: Clip) -> None:
        self._update(clip, lambda stored: stored.interrupted(self._ports.clock.now()))

    def _update(self, clip: Clip, change: Callable[[Clip], Clip]) -> Clip | None:
        """Changes a clip, unless it is gone or somebody else has begun to make it; returns it as it is then."""

        def decide(stored: Clip | None) -> Edit[Clip, Clip | None]:
            if stored is None or (stored.state, stored.tries) != ("running", clip.tries):
                return Edit(answer=None)
            changed = change(stored)
            return Edit(answer=changed, document=changed)

        return self._ports.documents.update(Clip, clip.id, decide, owner=clip.owner)

    def _discard(self, clip: Clip) -> None:
        """Removes what a try has stored that does not count."""
        self._ports.blobs.delete(self._ports.settings.media_bucket, clip_object(clip, clip.tries))

    def _remove(self, clip: Clip) -> None:
        remove_files(self._ports.blobs, self._ports.settings.media_bucket, clip)
        self._ports.documents.update(Clip, clip.id, partial(forgotten, clip), owner=clip.owner)
