"""The use case of export: make the archive that is due, or remove the one whose time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Protocol

from functions.export.archive import Archive
from functions.export.contents import ContentPorts, add_account, add_video
from shared.domain.errors import NotFound, PermanentError, PreconditionFailed, TransientError
from shared.domain.events import WorkRequested
from shared.domain.exports import EXPORT_REQUESTED, Export, archive_name
from shared.domain.flow import Flow
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_delivery
from shared.logs import bound_fields, logger
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.runtime.exports import remove_archives
from shared.settings import Settings

__all__ = ["ExportPorts", "Exporter"]

_SAFE_SHARE: Final = 0.9
"""Of the function's time; the rest is for what comes after copying."""

_PAGE: Final = 50


class ExportPorts(ContentPorts, Protocol):
    """What exporting needs."""

    @property
    def clock(self) -> Clock: ...

    @property
    def flow(self) -> Flow: ...

    @property
    def settings(self) -> Settings: ...


class Exporter:
    """Handles the exports that it is told of.

    Args:
        ports: What it works with.
    """

    def __init__(self, ports: ExportPorts) -> None:
        self._ports = ports

    def handle(self, delivery: Delivery) -> None:
        """Handles one delivery; returning acknowledges it.

        Raises:
            PermanentError: It is about something else.
            TransientError: Deliver it again later.
        """
        told = parse_delivery(delivery)
        if not isinstance(told, WorkRequested) or told.type != EXPORT_REQUESTED:
            raise PermanentError("bad_event", "This is no request for an export.")
        export = self._ports.documents.update(Export, told.document_id, self._begun, owner=told.owner)
        if export is None:
            return
        with bound_fields(export_id=export.id):
            if export.state == "running":
                self._make(export)
            else:
                self._remove(export)

    def _begun(self, stored: Export | None) -> Edit[Export, Export | None]:
        """Decides what is to be done for an export; nothing for one that is not due."""
        now = self._ports.clock.now()
        if stored is None or stored.due_at > now:
            return Edit(answer=None)
        if not stored.is_open:
            return Edit(answer=stored)
        begun = stored.begun(now)
        return Edit(answer=begun if begun.is_open else None, document=begun)

    def _make(self, export: Export) -> None:
        ports, bucket = self._ports, self._ports.settings.media_bucket
        try:
            videos = self._write(export)
            archive = ports.blobs.stat(bucket, archive_name(export))
        except PermanentError as error:
            reason = error.detail
            logger().warning("export_failed", code=error.code, detail=reason)
            self._update(export, lambda stored: stored.failed(reason, ports.clock.now()))
            return
        except (NotFound, PreconditionFailed) as error:
            # A video went, or its file was replaced, while it was read; or the archive was withdrawn for that.
            self._update(export, lambda stored: stored.begun_anew(ports.clock.now()))
            raise _overtaken() from error
        except Exception as error:
            cause = error.detail if isinstance(error, TransientError) else "Something went wrong here."
            self._update(export, lambda stored: stored.postponed(f"{cause} It is tried again.", ports.clock.now()))
            raise
        ended = self._update(export, lambda stored: stored.completed(export, archive, videos, ports.clock.now()))
        if ended is None or ended.archive != archive:
            ports.blobs.delete(bucket, archive.name)
            raise _overtaken()
        logger().info("export_ready", videos=videos, size_bytes=archive.size_bytes)

    def _write(self, export: Export) -> int:
        """Writes the archive and returns how many videos are in it."""
        ports, name = self._ports, archive_name(export)
        deadline_s = ports.clock.monotonic() + ports.flow.longest_s("export") * _SAFE_SHARE
        videos = 0
        with (
            ports.blobs.writing(ports.settings.media_bucket, name, "application/zip") as file,
            Archive(file, export.requested_at, partial(self._check_time, deadline_s)) as archive,
        ):
            for video in self._videos_of(export.owner):
                add_video(archive, ports, video)
                videos += 1
            add_account(archive, ports, export.owner)
        return videos

    def _videos_of(self, owner: str) -> Iterator[Video]:
        cursor: str | None = None
        while True:
            page = self._ports.repository.list_videos(owner=owner, sort="created_at", limit=_PAGE, cursor=cursor)
            yield from page.videos
            cursor = page.next_cursor
            if cursor is None:
                return

    def _check_time(self, deadline_s: float) -> None:
        if self._ports.clock.monotonic() > deadline_s:
            raise PermanentError(
                "export_too_large",
                "There is more than can be copied into one archive in the time there is for it. Download the "
                "videos one by one, or delete those that are not needed and ask again.",
            )

    def _update(self, export: Export, change: Callable[[Export], Export]) -> Export | None:
        """Changes an export, unless somebody else has begun to make it anew; returns it as it is then."""

        def decide(stored: Export | None) -> Edit[Export, Export | None]:
            if stored is None or (stored.state, stored.tries) != ("running", export.tries):
                return Edit(answer=None)
            changed = change(stored)
            return Edit(answer=changed, document=changed)

        return self._ports.documents.update(Export, export.id, decide, owner=export.owner)

    def _remove(self, export: Export) -> None:
        remove_archives(self._ports.blobs, self._ports.settings.media_bucket, export.id)
        self._ports.documents.delete(Export, export.id, owner=export.owner)


def _overtaken() -> TransientError:
    return TransientError(
        "export_overtaken", "Something in the archive was erased or replaced meanwhile.", retry_after_s=1.0
    )
