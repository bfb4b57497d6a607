"""Media that an MP4 or MOV file keeps elsewhere. Looked for without a tool, so that no tool can follow it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from shared.domain.errors import PermanentError

__all__ = ["refers_to_other_files"]

# Whatever FFmpeg reads boxes in, besides what it takes no reference from: items of pictures, reference movies.
_PARENTS = frozenset(
    {
        *(b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"udta", b"mvex", b"moof", b"traf"),
        *(b"meta", b"rmra", b"rmda"),
    }
)
_DATA_REFERENCES, _MOVIE_REFERENCE, _META = b"dref", b"rdrf", b"meta"
_SELF_CONTAINED = 1  # flag of a reference: the media lies in this file
# Data references lie in the fifth box at most, FFmpeg reads ten.
_MAX_DEPTH = 10
# Six hours in fragments of one frame each have fewer; more would only keep us busy.
_MAX_BOXES = 2_000_000


def refers_to_other_files(path: Path) -> bool:
    """Returns whether any track, item or movie reference names another file or an address.

    Raises:
        PermanentError: ``corrupt``: there are more boxes than any movie has.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        pending, seen = [_boxes(file, 0, size)], 0
        while pending:
            found = next(pending[-1], None)
            if found is None:
                pending.pop()
                continue
            seen += 1
            if seen > _MAX_BOXES:
                raise PermanentError("corrupt", "The file's structure is endless. Export the video again.")
            kind, start, end = found
            if (kind == _MOVIE_REFERENCE and _leads_out(file, start)) or (
                # after version, flags and count
                kind == _DATA_REFERENCES
                and any(_leads_out(file, entry) for _, entry, _ in _boxes(file, start + 8, end))
            ):
                return True
            if kind in _PARENTS and len(pending) < _MAX_DEPTH:
                pending.append(_boxes(file, _first_child(file, kind, start), end))
    return False


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yields kind, first content byte and end of each box; stops where the structure makes no sense."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            size, header = int.from_bytes(file.read(8), "big"), 16
        # One that claims more than its parent has is read to the parent's end, as FFmpeg does.
        box_end = min(start + size, end) if size else end
        if box_end < start + header or 0 < size < header:
            return
        yield kind, start + header, box_end
        start = box_end


def _first_child(file: BinaryIO, kind: bytes, start: int) -> int:
    """In MP4, version and flags come before the boxes in ``meta``; in QuickTime they do not."""
    if kind != _META:
        return start
    file.seek(start)
    return start if int.from_bytes(file.read(4), "big") else start + 4


def _leads_out(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return not int.from_bytes(file.read(4), "big") & _SELF_CONTAINED
