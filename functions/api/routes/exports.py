"""Everything that an owner has, as one archive."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery, documents_page
from functions.api.problems import Refusal
from shared.domain.errors import NotFound
from shared.domain.exports import Export, ExportState, new_export
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.event_bus import EventBus
from shared.ports.object_links import ObjectLinks
from shared.runtime.exports import remove_archives
from shared.runtime.tasks import request_work

__all__ = ["export_routes"]

_UNKNOWN: Final = "There is no such export."

_LATEST: Final = 10
"""Exports among which one that is still made must be."""


class ExportView(Struct, frozen=True):
    """An archive that was asked for.

    ``url`` leads to it while it is ``ready``, for a while: ask again for a new link. It is removed at
    ``expires_at``, and as soon as a video is erased, since that is in it: it is ``withdrawn`` then. ``reason``
    says why it was, why it ``failed``, or why it is ``queued`` for another try.
    """

    id: str
    state: ExportState
    requested_at: datetime
    expires_at: datetime | None
    url: str | None
    size_bytes: int | None
    videos: int
    reason: str


class ExportList(Struct, frozen=True):
    """Some exports, youngest first; ``next_cursor`` leads to the page after."""

    exports: tuple[ExportView, ...]
    next_cursor: str | None


def export_routes(
    bus: EventBus, clock: Clock, links: ObjectLinks, link_s: float, blobs: BlobStore, media_bucket: str
) -> Routes:
    """Returns the routes of exports.

    Args:
        bus: Where it is told that there is one to be made.
        clock: The time.
        links: What makes links to the bucket.
        link_s: Seconds that one works.
        blobs: Where archives are.
        media_bucket: Bucket that they are in.
    """
    routes = Routes("exports")

    @routes.add("POST", "/v1/exports", allow="admin", answers={202: ExportView})
    def request_export(call: Call[Nothing, Nothing]) -> Answer:
        """Asks for an archive of everything: videos with all that is known about them, keys, webhooks, audit log.

        It is one ZIP file. For each video it has ``video.json``, what people said about its tags
        (``labels.jsonl``), the uploaded file, the MP4 file and captions; for the rest ``account.json``, without
        secrets. One is made at a time.
        """
        for other in call.documents.all(Export, limit=_LATEST):
            if other.is_open:
                said = f"Export {other.id} is {other.state}. {other.reason}".strip()
                raise Refusal(409, "export_running", f"{said} Wait until it is ready, or delete it.")
        export = new_export(call.principal.owner, clock.now())
        call.documents.update(Export, export.id, lambda _none: Edit(answer=None, document=export))
        request_work(bus, export)
        return Answer(value=view(export), status=202, headers={"Location": f"/v1/exports/{export.id}"})

    @routes.add("GET", "/v1/exports", allow="admin", query=PageQuery, answers={200: ExportList})
    def list_exports(call: Call[PageQuery, Nothing]) -> Answer:
        """Lists exports, youngest first."""
        exports, next_cursor = documents_page(call, Export)
        return Answer(value=ExportList(exports=tuple(map(view, exports)), next_cursor=next_cursor))

    @routes.add("GET", "/v1/exports/<export_id>", allow="admin", answers={200: ExportView})
    def show_export(call: Call[Nothing, Nothing]) -> Answer:
        """Shows how far an export is, and the link to its archive."""
        export = call.documents.get(Export, call.path["export_id"])
        if export is None:
            raise NotFound(_UNKNOWN)
        return Answer(value=view(export))

    @routes.add("DELETE", "/v1/exports/<export_id>", allow="admin", answers={204: None})
    def delete_export(call: Call[Nothing, Nothing]) -> Answer:
        """Deletes an export and its archive, whatever its state: one that is being made is made no further."""
        export_id = call.path["export_id"]
        # First, so that nobody completes it meanwhile, and sweep goes on should this end here.
        call.documents.update(Export, export_id, partial(_taken_back, clock.now()))
        remove_archives(blobs, media_bucket, export_id)
        call.documents.delete(Export, export_id)
        return Answer(value=None, status=204)

    def view(export: Export) -> ExportView:
        left_s = (export.due_at - clock.now()).total_seconds()
        archive = export.archive if left_s >= 1 else None
        save_as = f"export-{export.requested_at:%Y-%m-%d}.zip"
        return ExportView(
            id=export.id,
            state=export.state,
            requested_at=export.requested_at,
            expires_at=None if export.is_open else export.due_at,
            url=None if archive is None else links.signed_url(archive, min(link_s, left_s), save_as=save_as),
            size_bytes=None if archive is None else archive.size_bytes,
            videos=export.videos,
            reason=export.reason,
        )

    return routes


def _taken_back(now: datetime, stored: Export | None) -> Edit[Export, None]:
    if stored is None:
        raise NotFound(_UNKNOWN)
    return Edit(answer=None, document=stored.taken_back(now))
