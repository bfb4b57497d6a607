"""Whether a file of a kind that never says how long it is ends in the middle of something."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ends_in_the_middle"]

_TS_PACKET_BYTES, _M2TS_PACKET_BYTES = 188, 192
_SYNC = b"G"
_OGG_MAGIC, _OGG_HEADER_BYTES, _OGG_LAST = b"OggS", 27, 0x04
_OGG_PAGE_BYTES = 27 + 255 + 255 * 255


def ends_in_the_middle(path: Path, container: str) -> bool:
    """Returns whether a stream was cut off: a transport stream in a packet, an Ogg file before its last page.

    One that was cut between two packets can't be told from one that was recorded for so long.

    Args:
        path: The file.
        container: FFmpeg's demuxer name.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if container == "mpegts":
            file.seek(0)
            packet = _TS_PACKET_BYTES if file.read(1) == _SYNC else _M2TS_PACKET_BYTES
            return size % packet != 0
        if container == "ogg":
            file.seek(max(size - 2 * _OGG_PAGE_BYTES, 0))
            tail = file.read()
            page = tail[tail.rfind(_OGG_MAGIC) :]
            return len(page) < _OGG_HEADER_BYTES or not page[5] & _OGG_LAST
    return False
