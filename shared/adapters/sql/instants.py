"""Instants as whole microseconds since 1970, which every database compares alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["from_us", "to_us"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(instant: datetime) -> int:
    """Returns an instant as it is stored."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_us(stored_us: int) -> datetime:
    """Returns the instant that to_us() was given, in UTC."""
    return _EPOCH + timedelta(microseconds=stored_us)
