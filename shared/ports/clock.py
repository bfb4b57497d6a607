"""Time, injected so that tests decide what it is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Wall-clock time for records, steady time for durations."""

    def now(self) -> datetime:
        """Returns the wall-clock time in UTC; it may jump."""
        ...

    def monotonic(self) -> float:
        """Returns seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Returns after that time."""
        ...
