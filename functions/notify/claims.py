"""Telling somebody something once, and one worker at a time: decisions about the document that says what."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar

from shared.domain.publications import Publication
from shared.domain.webhooks import WebhookDelivery
from shared.ports.document_store import Edit

__all__ = ["claim", "once", "settle"]

T = TypeVar("T", Publication, WebhookDelivery)

_TAKEN: Final = frozenset({"delivered", "done"})


def once(made: T, stored: T | None) -> Edit[T, bool]:
    """Stores what is to be told, unless it is there already; answers whether it was not."""
    return Edit(answer=stored is None, document=made if stored is None else None)


def claim(stored: T | None, now: datetime) -> Edit[T, T | None]:
    """Takes what is due; answers with what is to be told now. What was kept for long enough is removed."""
    if stored is None or not stored.is_due(now):
        return Edit(answer=None)
    if stored.state != "pending":
        return Edit(answer=None, delete=True)  # no copy of the event comes any more
    claimed = stored.claimed(now)
    return Edit(answer=claimed, document=claimed)


def settle(stored: T | None, claimed: T, outcome: T) -> Edit[T, None]:
    """Saves what became of it, unless somebody else took over; that it was taken counts in any case."""
    still_open = stored is not None and stored.state == "pending"
    counts = stored == claimed or (still_open and outcome.state in _TAKEN)
    return Edit(answer=None, document=outcome if counts else None)
