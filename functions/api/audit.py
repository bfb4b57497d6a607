"""The audit log: what was changed, by whom, when.

An entry is written after the change, when it is known that and what was changed. If that fails, the change stays
made and is answered, because whoever asked for it must not do it twice; the entry is in the function's log then,
with the error, and nowhere else.

What names a video goes when the video does: all entries about it. That it was erased, and by whom, stays, under a
digest of its id.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from functions.api.dispatch import Layer, Proceed
from functions.api.operation import Answer, Call, Operation
from shared.domain.audit import AuditEntry, new_audit_id
from shared.domain.codec import encode
from shared.domain.errors import NotFound, PipelineError
from shared.logs import logger
from shared.ports.clock import Clock
from shared.ports.document_store import Edit

__all__ = ["audit_layer"]


def audit_layer(clock: Clock) -> Layer:
    """Returns the layer that records every change that somebody made.

    Args:
        clock: The time.
    """

    def record_change(operation: Operation[Any, Any], call: Call[Any, Any], proceed: Proceed) -> Answer | Response:
        answer = proceed()
        status = answer.status if isinstance(answer, Answer) else answer.status_code
        if operation.changes and call.caller is not None and status < 400:
            entry = _entry(operation, call, answer, clock)
            try:
                _keep(entry, call)
            except PipelineError:
                logger().exception("audit_failed", entry=encode(entry))
        return answer

    return record_change


def _entry(
    operation: Operation[Any, Any], call: Call[Any, Any], answer: Answer | Response, clock: Clock
) -> AuditEntry:
    made = answer.value if isinstance(answer, Answer) else None
    # A view of what may be about a video, and is not, has None.
    video_id: str = call.path.get("video_id") or getattr(made, "video_id", None) or ""
    named: list[str] = [video_id] if "video_id" in call.path else [*call.path.values(), getattr(made, "id", "")]
    now = clock.now()
    return AuditEntry(
        id=new_audit_id(now),
        owner=call.principal.owner,
        about=video_id,
        operation=operation.name,
        subject=call.principal.subject,
        target=named[0],
        at=now,
        request_id=call.request_id,
    )


def _keep(entry: AuditEntry, call: Call[Any, Any]) -> None:
    if entry.about and _is_gone(entry.about, call):
        entry = entry.without_video()
    call.documents.update(AuditEntry, entry.id, lambda _none: Edit(answer=None, document=entry))
    # Whoever erases it after this look finds the entry and removes it.
    if entry.about and _is_gone(entry.about, call):
        call.documents.delete(AuditEntry, entry.id)


def _is_gone(video_id: str, call: Call[Any, Any]) -> bool:
    try:
        call.videos.get(video_id)
    except NotFound:
        return True
    return False
