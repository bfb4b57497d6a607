"""The use case of fetch: download what an import names, once, and end the video when that can't be done."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from shared.domain.errors import Outage, PermanentError, PreconditionFailed, TransientError
from shared.domain.events import WorkRequested
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.reservations import IMPORT_REQUESTED, Import
from shared.domain.status import UPLOADING
from shared.domain.video import Failure, Video
from shared.domain.wire import Delivery, parse_delivery
from shared.logs import bound_fields, logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore, Edit
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository
from shared.ports.web_client import WebAnswer, WebClient
from shared.runtime.outbox import publish_outbox
from shared.settings import Settings

__all__ = ["FetchPorts", "Fetcher"]

_FETCH: Final = "fetch"
_SAFE_SHARE: Final = 0.8
"""Of the function's time; the rest is for storing what was downloaded."""

_RESERVED_WITHIN: Final = timedelta(minutes=2)
"""An import is there a moment before its video is."""

_LATER: Final = frozenset({408, 425, 429})
"""Client errors by which a server says that it is not the request's fault."""


class FetchPorts(Protocol):
    """What fetching needs."""

    @property
    def flow(self) -> Flow: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

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
    def bus(self) -> EventBus: ...

    @property
    def web(self) -> WebClient: ...


class Fetcher:
    """Handles the imports that it is told of.

    Args:
        ports: What it works with.
    """

    def __init__(self, ports: FetchPorts) -> None:
        self._ports = ports

    def handle(self, delivery: Delivery) -> None:
        """Handles one delivery; returning acknowledges it. What failed and may work later is due again then.

        Raises:
            PermanentError: ``bad_event``: it is about something else.
            TransientError: The store can't be reached; deliver it again.
        """
        told = parse_delivery(delivery)
        if not isinstance(told, WorkRequested) or told.type != IMPORT_REQUESTED:
            raise PermanentError("bad_event", "This is no request for an import.")
        stored = self._ports.documents.get(Import, told.document_id, owner=told.owner)
        if stored is None:
            return
        with bound_fields(import_id=stored.id, video_id=stored.about):
            video = self._ports.repository.get(stored.about)
            if video is None:
                self._forget(stored)
            elif (begun := self._begin(stored)) is not None:
                self._run(begun, video)

    def _begin(self, asked: Import) -> Import | None:
        """Returns an import as this delivery's; None when it is done, or somebody else is at it."""
        now = self._ports.clock.now()

        def decide(stored: Import | None) -> Edit[Import, Import | None]:
            if stored is None or not stored.is_due(now):
                return Edit(answer=None)
            begun = stored.begun(now)
            return Edit(answer=begun, document=begun)

        return self._ports.documents.update(Import, asked.id, decide, owner=asked.owner)

    def _run(self, begun: Import, video: Video) -> None:
        clock = self._ports.clock
        try:
            if video.status == UPLOADING:
                self._fetch(begun, video)
        except PermanentError as error:
            self._fail(video, error)
        except TransientError as error:
            logger().warning("import_interrupted", code=error.code, detail=error.detail, attempt=begun.tries)
            outage = isinstance(error, Outage)
            if outage or not begun.is_last_try:
                self._update(begun, lambda stored: stored.postponed(clock.now(), counts=not outage))
                return
            self._fail(video, _given_up(begun.tries, error.detail))
        self._update(begun, Import.ended)

    def _fetch(self, begun: Import, video: Video) -> None:
        """Puts the file into the bucket, which announces it as it does every upload."""
        if begun.is_one_too_many:
            raise _given_up(begun.tries - 1, "Whoever did that died over it.")
        ports, source = self._ports, video.source
        work_dir = ports.settings.workspaces
        work_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work_dir) as folder:
            copy = Path(folder, "copy")
            with copy.open("wb") as file:
                answer = ports.web.download(
                    begun.url,
                    file.write,
                    max_bytes=self._most_bytes(video.owner),
                    timeout_s=ports.flow.longest_s(_FETCH) * _SAFE_SHARE,
                )
            _check(answer)
            try:
                ports.blobs.put(source.bucket, source.object, copy, source.content_type, if_generation=0)
            except PreconditionFailed:
                logger().info("import_stored_before")
        logger().info("import_fetched", attempt=begun.tries)

    def _most_bytes(self, owner: str) -> int:
        settings = self._ports.settings
        left_bytes = settings.quota.bytes - self._ports.repository.usage(owner=owner).source_bytes
        return max(0, min(settings.limits.max_size_bytes, left_bytes))

    def _fail(self, video: Video, error: PermanentError) -> None:
        ports = self._ports
        logger().warning("import_failed", code=error.code, detail=error.detail)
        code = "import_refused" if error.code in {"url_refused", "too_many_redirects"} else error.code
        failure = Failure(code=code, reason=error.detail, stage=_FETCH)
        ports.repository.update(video.id, ports.lifecycle.give_up(failure, ports.clock.now()))
        publish_outbox(ports.repository, ports.bus, video_id=video.id)

    def _forget(self, stored: Import) -> None:
        """Removes an import whose video was deleted, or was never made."""
        if self._ports.clock.now() - stored.created_at > _RESERVED_WITHIN:
            self._ports.documents.delete(Import, stored.id, owner=stored.owner)

    def _update(self, begun: Import, change: Callable[[Import], Import]) -> None:
        """Changes an import, unless somebody else took over."""

        def decide(stored: Import | None) -> Edit[Import, None]:
            return Edit(answer=None, document=change(begun) if stored == begun else None)

        self._ports.documents.update(Import, begun.id, decide, owner=begun.owner)


def _given_up(tries: int, why: str) -> PermanentError:
    return PermanentError(
        "import_failed",
        f"The file could not be fetched in {tries} tries; the last time: {why} Import it again later, or download "
        "it and upload it.",
    )


def _check(answer: WebAnswer) -> None:
    """Refuses an answer that is no file."""
    if answer.status == 200:
        return
    said = f"The server answered {answer.status} instead of the file."
    if 400 <= answer.status < 500 and answer.status not in _LATER:
        raise PermanentError(
            "import_refused", f"{said} Name a URL that everybody can download the file from, without logging in."
        )
    raise TransientError("no_file", said)
