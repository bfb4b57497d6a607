"""Headers of coded pictures, written bit by bit: no encoder makes pictures of sizes that nobody should decode."""

from __future__ import annotations

__all__ = ["patched_vp9", "sequence_of"]

_VP9_SYNC = b"\x49\x83\x42"


def sequence_of(width: int, height: int) -> bytes:
    """Returns H.264's sequence and picture parameter sets for pictures of a size, in multiples of 16 pixels."""
    sequence = "".join(
        (
            "01000010" + "11000000" + "00111111",  # baseline, level 6.3
            _golomb(0) + _golomb(0) + _golomb(2) + _golomb(1) + "0",  # set 0, frame numbers, order, one reference
            _golomb(width // 16 - 1) + _golomb(height // 16 - 1),
            "1" + "1" + "0" + "0" + "1",  # frames, direct inference, not cropped, nothing about display
        )
    )
    picture = _golomb(0) + _golomb(0) + "00" + _golomb(0) * 3 + "0" + "00" + _golomb(0) * 3 + "1001"
    return b"\0\0\0\1\x67" + _bytes(sequence) + b"\0\0\0\1\x68" + _bytes(picture)


def patched_vp9(content: bytes, width: int, height: int, *, first: bool) -> bytes:
    """Returns a WebM file with another size in its first key frame's header, or in all but that."""
    result, at, seen = bytearray(content), content.find(_VP9_SYNC), 0
    while at >= 0:
        if first == (seen == 0):
            start = at + len(_VP9_SYNC)
            value = int.from_bytes(result[start : start + 5], "big")
            colors, rest = value >> 36, value & 0xF
            value = colors << 36 | (width - 1) << 20 | (height - 1) << 4 | rest
            result[start : start + 5] = value.to_bytes(5, "big")
        seen += 1
        at = content.find(_VP9_SYNC, at + 1)
    assert seen > 1
    return bytes(result)


def _golomb(value: int) -> str:
    binary = f"{value + 1:b}"
    return "0" * (len(binary) - 1) + binary


def _bytes(bits: str) -> bytes:
    bits += "1"  # the stop bit
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
