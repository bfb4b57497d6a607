"""What a bus on this machine still has to deliver."""

from __future__ import annotations

from shared.adapters.local_bus import LocalBus

__all__ = ["undelivered"]


def undelivered(bus: LocalBus) -> int:
    """Returns how many messages are not done with: waiting, delayed or leased, but not dead."""
    return sum(backlog.messages for backlog in bus.backlogs())
