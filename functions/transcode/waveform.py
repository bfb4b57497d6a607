"""The sound as a picture: the lowest and highest sample of each piece."""

from __future__ import annotations

import json
import math
import wave
from pathlib import Path
from typing import Final

__all__ = ["write_waveform"]

_LEAST_SAMPLES_A_PIECE: Final = 160  # a hundredth of a second; nobody sees more
_MAX_PIECES: Final = 10_000  # about 80 kB of JSON for any length
_BLOCK_PIECES: Final = 64


def write_waveform(sound: Path, destination: Path) -> None:
    """Writes peaks as JSON in the format of audiowaveform (version 2, 8 bit), which peaks.js and others read.

    Args:
        sound: WAV, mono, 16 bit; a block of it at a time is in memory.
        destination: The JSON file.
    """
    import numpy as np  # a cold start need not wait for it

    peaks: list[int] = []
    with wave.open(str(sound), "rb") as samples:
        rate, count = samples.getframerate(), samples.getnframes()
        piece = max(_LEAST_SAMPLES_A_PIECE, math.ceil(count / _MAX_PIECES))
        while data := samples.readframes(piece * _BLOCK_PIECES):
            block = np.frombuffer(data, "<i2")
            starts = np.arange(0, len(block), piece)
            both = np.stack([np.minimum.reduceat(block, starts), np.maximum.reduceat(block, starts)], axis=1)
            peaks += (both >> 8).ravel().tolist()  # 16 to 8 bit
    document = {
        "version": 2,
        "channels": 1,
        "sample_rate": rate,
        "samples_per_pixel": piece,
        "bits": 8,
        "length": len(peaks) // 2,
        "data": peaks,
    }
    destination.write_text(json.dumps(document, separators=(",", ":")))
