"""Who did what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.identity import erased_id

__all__ = ["AuditEntry", "new_audit_id"]

_KEPT: Final = timedelta(days=400)
"""A year, and time to look into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Somebody changed something.

    Attributes:
        id: Greater than those of earlier ones.
        owner: Whose things were changed.
        about: The video that was; empty for anything else, and once the video is erased.
        operation: What was done: an operation of the API.
        subject: Who did it: a token's subject, or a key.
        target: Id of what was changed; of an erased video what ``erased_id`` tells; empty for no particular thing.
        at: When.
        request_id: Finds the request in the logs.
    """

    id: str
    owner: str
    about: str
    operation: str
    subject: str
    target: str
    at: datetime
    request_id: str

    @property
    def due_at(self) -> datetime:
        """When it is removed."""
        return self.at + _KEPT

    def without_video(self) -> AuditEntry:
        """Returns it as it is kept once its video is erased: who knows the video's id finds it by the digest."""
        return replace(self, about="", target=erased_id(self.about))


def new_audit_id(now: datetime) -> str:
    """Returns an id that is greater than those made earlier."""
    return f"{round(now.timestamp() * 1_000_000):016x}{secrets.token_hex(4)}"
