"""AVI files built chunk by chunk, with streams that FFmpeg's muxer would not write."""

from __future__ import annotations

import struct

from tests.media.hostile.case import Kit

__all__ = ["avi_with_subtitles"]

_FRAMES, _FPS = 10, 5


def avi_with_subtitles(kit: Kit, text: bytes) -> bytes:
    """Returns two seconds of Motion JPEG with an embedded subtitle file, of which FFmpeg guesses the format."""
    jpeg = kit.make("one.jpg", "-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1", "-pix_fmt", "yuvj420p")
    picture = jpeg.read_bytes()
    title = "subtitles".encode("utf-16-le") + b"\0\0"
    subtitles = b"GAB2\0" + struct.pack("<HI", 2, len(title)) + title + struct.pack("<HI", 4, len(text)) + text
    bitmap = struct.pack("<IiiHH4sIiiII", 40, 64, 48, 1, 24, b"MJPG", 64 * 48 * 3, 0, 0, 0, 0)
    pictures = _list(b"strl", _chunk(b"strh", _stream(b"vids", b"MJPG", _FRAMES)), _chunk(b"strf", bitmap))
    texts = _list(b"strl", _chunk(b"strh", _stream(b"txts", b"\0\0\0\0", 1)), _chunk(b"strf", b""))
    main = struct.pack("<14I", 200_000, 0, 0, 0x10, _FRAMES, 0, 2, 0, 64, 48, 0, 0, 0, 0)
    header = _list(b"hdrl", _chunk(b"avih", main), pictures, texts)
    frames = _chunk(b"00dc", picture) * _FRAMES
    body = b"AVI " + header + _list(b"movi", _chunk(b"01tx", subtitles), frames)
    return _chunk(b"RIFF", body)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _list(kind: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", kind + b"".join(chunks))


def _stream(kind: bytes, codec: bytes, length: int) -> bytes:
    return struct.pack("<4s4sIHHIIIIIIIIHHHH", kind, codec, 0, 0, 0, 0, 1, _FPS, 0, length, 0, 0, 0, 0, 0, 64, 48)
