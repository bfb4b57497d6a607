"""What publishers are told, as pure rules: of what, when again, when that ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.domain.events import VideoEvent
from shared.domain.webhooks import RETRY_DELAYS_S

__all__ = ["Publication", "is_publication", "publication_of"]

_PREFIX: Final = "pub_"
_CLAIM: Final = timedelta(seconds=60)
"""Whoever tells a publisher has so long before somebody else may."""

_KEPT: Final = timedelta(days=30)
"""For so long copies of an event are known again."""

_MAX_ERROR_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One event for one publisher, and what became of it.

    Attributes:
        id: The same for every copy of the event.
        owner: Whose video it is about.
        about: The video that it goes with; empty when it tells that one is gone.
        publisher: Who is told.
        event: What happened.
        state: Whether the publisher is still told, took it, or was given up on.
        failures: How often it did not take it.
        error: Why, the last time; empty when it took it.
        due_at: When somebody has to look at it: to tell the publisher, or to remove it.
    """

    id: str
    owner: str
    about: str
    publisher: str
    event: VideoEvent
    state: Literal["pending", "done", "failed"] = "pending"
    failures: int = 0
    error: str = ""
    due_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Tells whether somebody has to look at it."""
        return self.due_at is not None and self.due_at <= now

    def claimed(self, now: datetime) -> Publication:
        """Returns it taken by somebody who tells the publisher now."""
        return replace(self, due_at=now + _CLAIM)

    def taken(self, now: datetime) -> Publication:
        """Returns it as it is once the publisher took it."""
        return replace(self, state="done", error="", due_at=now + _KEPT)

    def refused(self, error: str, now: datetime) -> Publication:
        """Returns it as it is once the publisher failed: due again, or given up after a day."""
        failed = replace(self, failures=self.failures + 1, error=error[:_MAX_ERROR_CHARS])
        if self.failures == len(RETRY_DELAYS_S):
            return replace(failed, state="failed", due_at=now + _KEPT)
        return replace(failed, due_at=now + timedelta(seconds=RETRY_DELAYS_S[self.failures]))


def publication_of(publisher: str, event: VideoEvent, *, outlives: bool) -> Publication:
    """Returns what a publisher is told of an event, which is the same for every copy of the event.

    Args:
        publisher: Its name.
        event: The event.
        outlives: Whether it stays when everything about the video goes.
    """
    digest = hashlib.sha256(f"{publisher}\0{event.event_id}".encode()).hexdigest()[:32]
    return Publication(
        id=f"{_PREFIX}{digest}",
        owner=event.owner,
        about="" if outlives else event.video_id,
        publisher=publisher,
        event=event,
        due_at=event.occurred_at,
    )


def is_publication(document_id: str) -> bool:
    """Tells whether a document that is to be delivered is one of these, and not for a webhook."""
    return document_id.startswith(_PREFIX)
