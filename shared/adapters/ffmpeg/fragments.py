"""When the pictures of a stream are shown, as the headers of its fragments say: that takes no program."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.timeline import KEY, UNREFERRED, Timeline

__all__ = ["read_fragments"]

_HEADER: Final = struct.Struct(">I4s")
_LARGE: Final = struct.Struct(">Q")
_WORD: Final = struct.Struct(">I")
_PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"edts", b"mvex", b"traf", b"minf", b"stbl"})

_NOT_SYNC: Final = 0x10000
"""Flag of a sample that decoding can't begin at."""

_SLICES: Final = range(1, 6)
"""Types of H.264's units that hold a picture, or a part of one."""

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What holds for all fragments.

    Attributes:
        timeline: Where they go.
        offset: Ticks to add to the times of the media for those of the timeline.
        length_bytes: Size of the length before each unit of H.264; 0 for another codec.
        usual: Duration, size and flags of a sample that says nothing of them.
    """

    timeline: Timeline
    offset: int
    length_bytes: int
    usual: tuple[int, int, int]


def read_fragments(path: Path) -> Timeline | None:
    """Reads the packets of a file as this product packages it; None for one that is laid out otherwise."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data)
    except (struct.error, KeyError, IndexError, ValueError):
        return None


def _read(data: mmap.mmap) -> Timeline:
    top = _boxes(data, 0, len(data))
    fragments = [(start, end) for kind, start, end in top if kind == b"moof"]
    header = _header(data, _by_kind(data, 0, fragments[0][0] - _HEADER.size))
    for start, end in fragments:
        _add(header, data, start, _by_kind(data, start, end))
    return header.timeline


def _by_kind(data: mmap.mmap, start: int, end: int) -> dict[bytes, int]:
    """Returns the first content byte of each kind of box. Raises ValueError for several tracks or runs."""
    boxes = list(_within(data, start, end))
    kinds = [kind for kind, _ in boxes]
    if kinds.count(b"mdhd") > 1 or kinds.count(b"trun") > 1:
        raise ValueError("there is more than one track or run")
    return dict(boxes)


def _boxes(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yields kind, first content byte and end of each box."""
    while start < end:
        size, kind = _HEADER.unpack_from(data, start)
        content = start + _HEADER.size
        if size == 1:
            size = _LARGE.unpack_from(data, content)[0]
            content += _LARGE.size
        if not content - start <= size <= end - start:
            raise ValueError(f"a box has {size} bytes")
        yield kind, content, start + size
        start += size


def _within(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yields kind and first content byte of each box that is no parent, however deep it lies."""
    for kind, content, box_end in _boxes(data, start, end):
        if kind in _PARENTS:
            yield from _within(data, content, box_end)
        else:
            yield kind, content


def _header(data: mmap.mmap, boxes: dict[bytes, int]) -> _Header:
    scale, movie_scale = (_scale(data, boxes[kind]) for kind in (b"mdhd", b"mvhd"))
    timeline = Timeline()
    timeline.tick_s = Fraction(1, scale)
    description = boxes[b"stsd"]
    length = data[description : description + _WORD.unpack_from(data, description + 8)[0] + 8].find(b"avcC")
    return _Header(
        timeline=timeline,
        offset=round(_offset_s(data, boxes.get(b"elst"), scale, movie_scale) * scale),
        # The last two bits of the fifth byte of its configuration.
        length_bytes=(data[description + length + 8] & 3) + 1 if length >= 0 else 0,
        usual=struct.unpack_from(">III", data, boxes[b"trex"] + 12),
    )


def _scale(data: mmap.mmap, start: int) -> int:
    """Returns the ticks a second of a header, behind two times of 4 or, in its version 1, 8 bytes."""
    return int(_WORD.unpack_from(data, start + (20 if data[start] else 12))[0])


def _offset_s(data: mmap.mmap, start: int | None, scale: int, movie_scale: int) -> Fraction:
    """Returns how much later the media is shown than it says, by an edit list."""
    if start is None:
        return Fraction(0)
    entry = struct.Struct(">QqI" if data[start] else ">IiI")
    count, offset_s = _WORD.unpack_from(data, start + 4)[0], Fraction(0)
    for number in range(count):
        length, begins, _ = entry.unpack_from(data, start + 8 + number * entry.size)
        offset_s += Fraction(length, movie_scale) if begins < 0 else Fraction(-begins, scale)
    return offset_s


def _add(header: _Header, data: mmap.mmap, fragment: int, boxes: dict[bytes, int]) -> None:
    """Takes in a fragment's packets."""
    track, run = boxes[b"tfhd"], boxes[b"trun"]
    told, at = _WORD.unpack_from(data, track)[0], track + 8 + 8 * (data[track + 3] & 1) + 2 * (data[track + 3] & 2)
    usual = list(header.usual)
    for position, flag in enumerate((0x8, 0x10, 0x20)):
        if told & flag:
            usual[position] = _WORD.unpack_from(data, at)[0]
            at += 4
    started = boxes[b"tfdt"]
    begins = (_LARGE if data[started] else _WORD).unpack_from(data, started + 4)[0]
    lasts, sizes, flags, later, first_at = _samples(data, run, usual)
    # Counted from the fragment's first byte, which is that of its header.
    places = fragment - _HEADER.size + first_at + np.cumsum(sizes) - sizes
    pts = begins + np.cumsum(lasts) - lasts + later + header.offset
    is_key = (flags & _NOT_SYNC) == 0
    referred = [
        _is_referred(data, place, size, header.length_bytes) for place, size in zip(places, sizes, strict=True)
    ]
    header.timeline.note(pts, places, KEY * is_key + UNREFERRED * ~np.array(referred))


def _samples(data: mmap.mmap, run: int, usual: list[int]) -> tuple[_Numbers, _Numbers, _Numbers, _Numbers, int]:
    """Returns durations, sizes, flags and delays of the samples of a run, and where the first lies."""
    told, count = struct.unpack_from(">II", data, run)
    told &= 0xFFFFFF
    first_at = struct.unpack_from(">i", data, run + 8)[0]
    at = run + 12 + (told & 4)
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if told & flag]
    table = np.frombuffer(data, ">i4", count * len(columns), at).reshape(count, len(columns)).astype(np.int64)
    values = [
        table[:, columns.index(flag)] if flag in columns else np.full(count, otherwise, np.int64)
        for flag, otherwise in zip((0x100, 0x200, 0x400, 0x800), (*usual, 0), strict=True)
    ]
    lasts, sizes, flags, later = values
    if told & 4:
        flags = flags.copy()
        flags[0] = _WORD.unpack_from(data, run + 12)[0]
    return lasts, sizes, flags, later, first_at


def _is_referred(data: mmap.mmap, place: int, size: int, length_bytes: int) -> bool:
    """Tells whether other pictures may be made from one: as far as H.264 says, and of any other codec."""
    if not length_bytes:
        return True
    end, at = place + size, place
    while at + length_bytes < end:
        unit = data[at + length_bytes]
        if unit & 0x1F in _SLICES and unit & 0x60:
            return True
        at += length_bytes + int.from_bytes(data[at : at + length_bytes], "big")
    return False
