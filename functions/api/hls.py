"""HLS playlists as the packager left them, made to lead through links."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = ["Resolve", "captions_playlist", "is_master", "linked_playlist", "with_captions"]

Resolve: TypeAlias = Callable[[str], str]
"""Makes the link to a file of the name that a manifest has for it."""

_URI: Final = re.compile(r'(?<=URI=")[^"]*(?=")')
_GROUP: Final = "captions"
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


def with_captions(text: str, link: str, language: str | None, label: str) -> str:
    """Returns a master playlist that offers captions with every stream.

    Args:
        text: The master playlist.
        link: Leads to the captions' playlist.
        language: Language code; None when it is not known.
        label: What players call them.
    """
    spoken = f',LANGUAGE="{language}"' if language else ""
    media = (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_GROUP}",NAME="{label}"{spoken},'
        f'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="{link}"'
    )
    lines = [f'{line},SUBTITLES="{_GROUP}"' if line.startswith(_STREAM) else line for line in text.splitlines()]
    first = next(at for at, line in enumerate(lines) if line.startswith(_STREAM))
    return "\n".join([*lines[:first], media, *lines[first:]]) + "\n"


def captions_playlist(link: str, duration_s: float) -> str:
    """Returns the playlist of captions that are one file.

    Args:
        link: Leads to the WebVTT.
        duration_s: Seconds that the video lasts.
    """
    return (
        f"#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{math.ceil(duration_s)}\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{duration_s:.3f},\n{link}\n#EXT-X-ENDLIST\n"
    )


def _linked(line: str, resolve: Resolve) -> str:
    if line.startswith("#"):
        return _URI.sub(lambda name: resolve(name[0]), line)
    return resolve(line) if line.strip() else line
