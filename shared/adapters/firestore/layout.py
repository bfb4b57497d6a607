"""How videos lie in Firestore."""

from __future__ import annotations

from typing import Final

__all__ = ["ATTEMPTS", "OUTBOX", "RECORDS", "VIDEOS"]

VIDEOS: Final = "videos"
ATTEMPTS: Final = "attempts"
RECORDS: Final = "records"
OUTBOX: Final = "outbox"
