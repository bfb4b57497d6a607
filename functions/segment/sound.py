"""How loud a WAV is from moment to moment, read a block at a time."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["sound_levels"]

_BLOCK_S = 10.0
_FULL_SCALE = 32768.0


def sound_levels(audio: Path, window_s: float) -> Iterator[npt.NDArray[np.float32]]:
    """Yields the RMS of consecutive windows, 0..1 of full scale, some seconds' worth at a time.

    A constant offset is no sound and does not count. The last window may be shorter than the others.

    Args:
        audio: WAV, mono, 16 bit.
        window_s: Seconds a window.
    """
    with wave.open(str(audio), "rb") as sound:
        window = round(sound.getframerate() * window_s)
        block = window * round(_BLOCK_S / window_s)
        while data := sound.readframes(block):
            samples = np.frombuffer(data, "<i2")
            whole = len(samples) // window * window
            levels = samples[:whole].reshape(-1, window).std(axis=1, dtype=np.float32)
            if whole < len(samples):
                levels = np.append(levels, samples[whole:].std(dtype=np.float32))
            yield levels / np.float32(_FULL_SCALE)
