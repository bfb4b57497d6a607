"""The files of the console, as they lie beside this module, under an address that changes whenever one does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

__all__ = ["MEDIA_TYPES", "asset", "page", "release"]

_FOLDER: Final = Path(__file__).with_name("console")
_PLACE: Final = b"{release}"

MEDIA_TYPES: Final = MappingProxyType({".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"})
"""What is served besides pages, by the end of its name."""


@cache
def release() -> str:
    """Returns the part of the assets' addresses that stands for their contents.

    One for all: modules name each other by relative addresses, so a browser never mixes two releases.
    """
    digest = hashlib.sha256()
    for name, content in sorted(_assets().items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@cache
def page(name: str) -> bytes:
    """Returns a page, which refers to the assets of this release.

    Args:
        name: ``index.html`` or ``docs.html``.
    """
    return (_FOLDER / name).read_bytes().replace(_PLACE, release().encode())


def asset(name: str) -> bytes | None:
    """Returns a file that pages refer to; None if there is none of that name.

    Args:
        name: Its path below the console's folder; any text.
    """
    return _assets().get(name)


@cache
def _assets() -> dict[str, bytes]:
    return {
        path.relative_to(_FOLDER).as_posix(): path.read_bytes()
        for path in _FOLDER.rglob("*")
        if path.suffix in MEDIA_TYPES
    }
