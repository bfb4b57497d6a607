"""Answers that are kept for those who ask again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["IdempotentAnswer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentAnswer:
    """What was answered to a POST with a key, or who is working on it.

    Attributes:
        id: Digest of owner and key.
        owner: Whose key it is.
        about: The video in the path or in the answer, with which this goes.
        due_at: When it expires.
        fingerprint: Digest of the request, which must be the same.
        worker: Who is at it, or was.
        busy_until: When another may take over; None once it is answered.
        status: The answer's HTTP status.
        headers: Its headers.
        body: Its JSON; None for what is said once only.
    """

    id: str
    owner: str
    about: str
    due_at: datetime
    fingerprint: str
    worker: str
    busy_until: datetime | None = None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
