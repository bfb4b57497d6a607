"""Object names as paths of a folder, and back.

People copy files into a bucket's folder by hand, so a path component is the name's component itself wherever a
file system allows it. What it doesn't allow is written behind a marker that no one types by accident:

======================================  ==================================================
component of the name                   on disk
======================================  ==================================================
``clip.mp4``, ``ann's clip.mp4``        itself
empty, ``.``, ``..``, with a NUL byte,  ``%=`` and the component with ``%``, ``.`` and NUL
or starting with a marker               percent-escaped
longer than 255 bytes                   folders ``%+<50 characters>``, then ``%-<the rest>``
======================================  ==================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["name_from_parts", "parts_of_name"]

_ESCAPED: Final = "%="
_CONTINUED: Final = "%+"
_LAST: Final = "%-"
_NAME_MAX_BYTES: Final = 1024
_PART_MAX_BYTES: Final = 255
_PIECE_CHARS: Final = 50
"""At four bytes a character, a piece and its marker stay below the limit."""

_ESCAPES: Final = {"%": "%25", ".": "%2E", "\0": "%00"}


def parts_of_name(name: str) -> tuple[str, ...]:
    """Returns the path components below the bucket's folder that stand for a name; never leaves the folder.

    Args:
        name: Object's name. Bytes that are no UTF-8 are lone surrogates, as ``os.fsdecode`` makes them.

    Raises:
        ValueError: The name is not 1..1,024 bytes long, or holds surrogates that stand for no bytes.
    """
    if not 1 <= len(os.fsencode(name)) <= _NAME_MAX_BYTES:
        raise ValueError("an object's name must be 1 to 1,024 bytes long")
    if os.fsdecode(os.fsencode(name)) != name:
        raise ValueError(f"{name!r} holds surrogates that stand for no file name")
    return tuple(part for component in name.split("/") for part in _encoded(component))


def name_from_parts(parts: Sequence[str]) -> str:
    """Returns the name that path components below a bucket's folder stand for.

    Raises:
        ValueError: They are no path that parts_of_name() makes, because they misuse a marker.
    """
    name = "/".join(_decoded(iter(parts)))
    if parts_of_name(name) != tuple(parts):
        raise ValueError(f"{'/'.join(parts)!r} stands for no object; rename the file")
    return name


def _encoded(component: str) -> Iterable[str]:
    special = component in {"", ".", ".."} or "\0" in component
    if special or component.startswith((_ESCAPED, _CONTINUED, _LAST)):
        component = _ESCAPED + "".join(_ESCAPES.get(char, char) for char in component)
    if len(os.fsencode(component)) <= _PART_MAX_BYTES:
        return (component,)
    pieces = [component[at : at + _PIECE_CHARS] for at in range(0, len(component), _PIECE_CHARS)]
    return (*(_CONTINUED + piece for piece in pieces[:-1]), _LAST + pieces[-1])


def _decoded(parts: Iterator[str]) -> Iterator[str]:
    for part in parts:
        component = part
        if part.startswith(_CONTINUED):
            pieces = [part]
            while pieces[-1].startswith(_CONTINUED):
                pieces.append(next(parts, ""))
            component = "".join(piece[len(_CONTINUED) :] for piece in pieces)
        if component.startswith(_ESCAPED):
            component = component[len(_ESCAPED) :]
            for char, escape in reversed(_ESCAPES.items()):
                component = component.replace(escape, char)
        yield component
