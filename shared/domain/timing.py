"""Stretches of time ``[start_s, end_s)``, whatever they are stretches of."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Timed", "overlap", "shared_s"]


class Timed(Protocol):
    """What begins at a time and has ended at another, in seconds."""

    @property
    def start_s(self) -> float: ...

    @property
    def end_s(self) -> float: ...


def overlap(one: Timed, other: Timed) -> bool:
    """Tells whether two stretches share any time; those that only touch don't."""
    return one.start_s < other.end_s and other.start_s < one.end_s


def shared_s(one: Timed, other: Timed) -> float:
    """Returns how many seconds two stretches share; below 0, how far they are apart."""
    return min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
