"""What was changed, and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from shared.domain.audit import AuditEntry
from shared.domain.cursor import decode_cursor, encode_cursor

__all__ = ["audit_routes"]


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries to list."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Most entries in one answer.")] = 50
    cursor: Annotated[str | None, Meta(description="The next_cursor of the page before.")] = None


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

    @routes.add("GET", "/v1/audit", allow="admin", query=AuditQuery, answers={200: AuditLog})
    def list_audit_log(call: Call[AuditQuery, Nothing]) -> Answer:
        """Lists who changed what, youngest first.

        Entries are kept for 400 days; those about a video go with it, but for that of its erasure.
        """
        scope, cursor, limit = f"audit/{call.principal.owner}", call.query.cursor, call.query.limit
        try:
            before = None if cursor is None else decode_cursor(scope, cursor)
        except ValueError as error:
            raise Refusal(
                400, "bad_cursor", "The cursor is not one that a page gave out; list again without it."
            ) from error
        found = call.documents.all(AuditEntry, limit=limit + 1, before=before)
        next_cursor = encode_cursor(scope, found[limit - 1].id) if len(found) > limit else None
        entries = tuple(_view(entry) for entry in found[:limit])
        return Answer(value=AuditLog(entries=entries, next_cursor=next_cursor))

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
