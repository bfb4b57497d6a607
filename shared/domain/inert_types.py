"""Media types that are safe to hand to a browser, whoever made the file."""

from __future__ import annotations

from typing import Final

__all__ = ["BYTES", "inert_type"]

BYTES: Final = "application/octet-stream"
"""What a browser saves instead of showing."""

_INERT: Final = frozenset(
    {
        "application/dash+xml",
        "application/vnd.apple.mpegurl",
        "audio/mp4",
        "audio/wav",
        "image/jpeg",
        "image/png",
        "text/vtt",
        "video/mp4",
    }
)
"""Types that no browser runs as a page."""


def inert_type(content_type: str) -> str:
    """Returns the type to serve an object of a type with: its own if no browser runs it as a page."""
    return content_type if content_type in _INERT else BYTES
