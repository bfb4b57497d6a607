"""Media that an MP4 or MOV file keeps elsewhere. Looked for without a tool, so that no tool can follow it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["refers_to_other_files"]

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf")
_SELF_CONTAINED = 1  # flag of a data reference: the media lies in this file


def refers_to_other_files(path: Path) -> bool:
    """Returns whether any track's data reference names another file or an address."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        return any(_external(file, start, end) for start, end in _data_references(file, 0, size))


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yields kind, first content byte and end of each box; stops where the structure makes no sense."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            size, header = int.from_bytes(file.read(8), "big"), 16
        box_end = start + size if size else end
        if not start + header <= box_end <= end:
            return
        yield kind, start + header, box_end
        start = box_end


def _data_references(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int]]:
    for kind, content, box_end in _boxes(file, start, end):
        if kind in _PARENTS:
            yield from _data_references(file, content, box_end)
        elif kind == b"dref":
            yield content + 8, box_end  # after version, flags and count


def _external(file: BinaryIO, start: int, end: int) -> bool:
    for _, content, _ in _boxes(file, start, end):
        file.seek(content)
        if not int.from_bytes(file.read(4), "big") & _SELF_CONTAINED:
            return True
    return False
