"""HLS playlists as the packager left them, made to lead through links."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = ["Resolve", "is_master", "linked_playlist"]

Resolve: TypeAlias = Callable[[str], str]
"""Makes the link to a file of the name that a manifest has for it."""

_URI: Final = re.compile(r'(?<=URI=")[^"]*(?=")')
_STREAM: Final = "#EXT-X-STREAM-INF:"


def linked_playlist(text: str, resolve: Resolve) -> str:
    """Returns a playlist with links in place of all names.

    Args:
        text: The playlist.
        resolve: Makes the links.
    """
    return "\n".join(_linked(line, resolve) for line in text.splitlines()) + "\n"


def is_master(text: str) -> bool:
    """Tells whether a playlist lists other playlists."""
    return _STREAM in text


def _linked(line: str, resolve: Resolve) -> str:
    if line.startswith("#"):
        return _URI.sub(lambda name: resolve(name[0]), line)
    return resolve(line) if line.strip() else line
