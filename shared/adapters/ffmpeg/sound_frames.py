"""Raw streams of sound, which begin with no signature: they are known by frames that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["demuxer_of_frames", "id3_bytes"]

_ID3_HEADER_BYTES: Final = 10

# Indexed by version bits (MPEG 2.5, none, 2, 1).
_SAMPLE_RATES: Final = ((11025, 12000, 8000), (), (22050, 24000, 16000), (44100, 48000, 32000))
# kbit/s, by layer and whether it is MPEG 1; index 0 is a free format, which nobody writes.
_KBPS: Final = {
    ("layer3", True): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    ("layer2", True): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    ("layer3", False): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    ("layer2", False): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_LAYERS: Final = {1: "layer3", 2: "layer2"}


def id3_bytes(head: bytes) -> int:
    """Returns how long the ID3v2 tag is that a file begins with, 0 without one."""
    if len(head) < _ID3_HEADER_BYTES or not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F  # seven bits a byte, so that no tag looks like a frame
    return _ID3_HEADER_BYTES + size


def demuxer_of_frames(head: bytes) -> str | None:
    """Returns FFmpeg's demuxer for raw frames of MPEG sound, AAC or AC-3; None if these are none.

    Args:
        head: The beginning of the stream, a few thousand bytes.
    """
    lengths: tuple[tuple[str, Callable[[bytes], int]], ...] = (("mp3", _mpeg_bytes), ("aac", _adts_bytes))
    for demuxer, length_of in lengths:
        length = length_of(head)
        # One frame header can be chance; whoever has only one frame has nothing to be heard.
        if length and length_of(head[length:]):
            return demuxer
    if head.startswith(b"\x0b\x77") and len(head) > 5:
        return "ac3" if head[5] >> 3 <= 10 else "eac3"  # the version of the syntax
    return None


def _mpeg_bytes(head: bytes) -> int:
    """Returns the length of a frame of MPEG sound, layer 2 or 3; 0 if this is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    rates, layer = _SAMPLE_RATES[head[1] >> 3 & 3], _LAYERS.get(head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if layer is None or not rates or rate == 3 or bitrate in (0, 15):
        return 0
    mpeg1 = rates == _SAMPLE_RATES[3]
    samples = 576 if layer == "layer3" and not mpeg1 else 1152
    padding = head[2] >> 1 & 1
    return samples // 8 * _KBPS[layer, mpeg1][bitrate] * 1000 // rates[rate] + padding


def _adts_bytes(head: bytes) -> int:
    """Returns the length of a frame of AAC in ADTS; 0 if this is none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
