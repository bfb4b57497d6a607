"""What an outside program is allowed, and whom it reports to, while a stage runs it."""

from __future__ import annotations

from typing import Protocol

from shared.domain.attempt import ToolRun

__all__ = ["ToolSession"]


class ToolSession(Protocol):
    """The running attempt, as its tools see it."""

    def remaining_s(self) -> float:
        """Returns seconds until the attempt's deadline; the tool's process group is killed at 0."""
        ...

    def progress(self, fraction: float) -> None:
        """Reports how far the attempt is, 0..1. Raises LeaseLost when it no longer counts: stop at once."""
        ...

    def record(self, run: ToolRun) -> None:
        """Adds a finished program, however it ended, to the attempt's record."""
        ...
