"""Putting the files of chunks together, by copying: fragmented MP4s of one encoder follow one another."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from shared.domain.errors import PermanentError, TransientError

__all__ = ["append_fragments"]

_BLOCK_BYTES: Final = 2**20
_HEADER: Final = struct.Struct(">I4s")
_LARGE: Final = struct.Struct(">Q")
_MAX_INIT_BYTES: Final = 2**20
# The number of a fragment is its first box's only content: both boxes' headers and a version come before it.
_NUMBER_AT: Final = 2 * _HEADER.size + 4
_NUMBER: Final = struct.Struct(">I")


def append_fragments(parts: Iterable[Path], destination: Path) -> None:
    """Writes the header of the first file and then the fragments of all.

    Args:
        parts: Fragmented MP4s, in order; each is read to its end before the next one is asked for.
        destination: What to write.

    Raises:
        PermanentError: ``inexact_cut``: a file's header is another one than the first's.
        TransientError: ``bad_output``: a file is no such MP4.
    """
    first, number = b"", 0
    with destination.open("wb") as out:
        for part in parts:
            init = b""
            with part.open("rb") as file:
                for kind, size in _boxes(file, part):
                    if kind in {b"ftyp", b"moov"}:
                        init += _read(file, min(size, _MAX_INIT_BYTES), part)
                    elif kind in {b"moof", b"mdat"}:
                        if not first:
                            first = init
                            out.write(first)
                        if init != first:
                            # It would be again: what is so short or odd is encoded otherwise.
                            raise PermanentError("inexact_cut", f"A chunk ({part.name}) came out of another kind.")
                        number += kind == b"moof"
                        _copy(file, size, out, part, number if kind == b"moof" else None)
                    else:
                        raise _bad(part, f"has a box {kind!r}")


def _boxes(file: IO[bytes], part: Path) -> Iterator[tuple[bytes, int]]:
    """Yields the kind and whole size of each box, the file standing at its beginning; then goes on to the next."""
    end, place = part.stat().st_size, 0
    while place < end:
        file.seek(place)
        size, kind = _HEADER.unpack(_read(file, _HEADER.size, part))
        if size == 1:
            size = _LARGE.unpack(_read(file, _LARGE.size, part))[0]
        if size < _HEADER.size or place + size > end:
            raise _bad(part, "is incomplete")
        file.seek(place)
        yield kind, size
        place += size


def _copy(file: IO[bytes], size: int, out: IO[bytes], part: Path, number: int | None) -> None:
    if number is not None:
        # Fragments are numbered through the file.
        out.write(_read(file, _NUMBER_AT, part))
        _read(file, _NUMBER.size, part)
        out.write(_NUMBER.pack(number))
        size -= _NUMBER_AT + _NUMBER.size
    while size:
        block = _read(file, min(size, _BLOCK_BYTES), part)
        out.write(block)
        size -= len(block)


def _read(file: IO[bytes], size: int, part: Path) -> bytes:
    block = file.read(size)
    if len(block) != size:
        raise _bad(part, "is incomplete")
    return block


def _bad(part: Path, what: str) -> TransientError:
    return TransientError("bad_output", f"The encoded chunk {part.name} {what}; it was thrown away.")
