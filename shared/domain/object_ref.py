"""Where a stored object lies."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ObjectRef"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """A stored object, pinned to the generation that was written."""

    bucket: str
    name: str
    generation: int
    size_bytes: int
    content_type: str
