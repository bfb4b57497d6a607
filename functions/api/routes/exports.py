"""Everything that an owner has, as one archive."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery, documents_page
from functions.api.problems import Refusal
from shared.domain.errors import NotFound
from shared.domain.exports import Export, ExportState, new_export
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.event_bus import EventBus
from shared.ports.object_links import ObjectLinks
from shared.runtime.tasks import request_work

__all__ = ["export_routes"]

_LATEST: Final = 10
"""Exports among which one that is still made must be."""


class ExportView(Struct, frozen=True):
    """An archive that was asked for.

    ``url`` leads to it while it is ``ready``, for a while: ask again for a new link. It is removed at
    ``expires_at``, and as soon as a video is erased, since that is in it: it is ``withdrawn`` then. ``reason``
    says why it was, or why it ``failed``.
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


def export_routes(bus: EventBus, clock: Clock, links: ObjectLinks, link_s: float) -> Routes:
    """Returns the routes of exports.

    Args:
        bus: Where it is told that there is one to be made.
        clock: The time.
        links: What makes links to the bucket.
        link_s: Seconds that one works.
    """
    routes = Routes("exports")

    @routes.add("POST", "/v1/exports", allow="admin", answers={202: ExportView})
    def request_export(call: Call[Nothing, Nothing]) -> Answer:
        """Asks for an archive of everything: videos with all that is known about them, keys, webhooks, audit log.

        It is one ZIP file. For each video it has ``video.json``, the uploaded file, the MP4 file and captions; for
        the rest ``account.json``, without secrets. One is made at a time.
        """
        if any(export.is_open for export in call.documents.all(Export, limit=_LATEST)):
            raise Refusal(409, "export_running", "An export is being made already; wait until that is ready.")
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
            raise NotFound("There is no such export.")
        return Answer(value=view(export))

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
