"""What was changed, and by whom."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery, documents_page
from shared.domain.audit import AuditEntry

__all__ = ["audit_routes"]


class AuditView(Struct, frozen=True):
    """Somebody changed something.

    ``operation`` is one of this document's; ``subject`` a person, or ``key:<id>``; ``target`` the id of what was
    changed, of an erased video ``e`` and a digest.
    """

    id: str
    at: datetime
    operation: str
    subject: str
    target: str
    request_id: str


class AuditLog(Struct, frozen=True):
    """Some entries, youngest first; ``next_cursor`` leads to the page after."""

    entries: tuple[AuditView, ...]
    next_cursor: str | None


def audit_routes() -> Routes:
    """Returns the route of the audit log."""
    routes = Routes("audit")

    @routes.add("GET", "/v1/audit", allow="admin", query=PageQuery, answers={200: AuditLog})
    def list_audit_log(call: Call[PageQuery, Nothing]) -> Answer:
        """Lists who changed what, youngest first.

        Entries are kept for 400 days; those about a video go with it, but for that of its erasure.
        """
        entries, next_cursor = documents_page(call, AuditEntry)
        return Answer(value=AuditLog(entries=tuple(map(_view, entries)), next_cursor=next_cursor))

    return routes


def _view(entry: AuditEntry) -> AuditView:
    return AuditView(
        id=entry.id,
        at=entry.at,
        operation=entry.operation,
        subject=entry.subject,
        target=entry.target,
        request_id=entry.request_id,
    )
