"""Sound files for tests."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["write_wav"]


def write_wav(path: Path, samples: npt.NDArray[Any], *, rate_hz: int = 16_000) -> Path:
    """Writes mono sound of 16 bit, as the analysis audio is, and returns the file.

    Args:
        path: Where to.
        samples: -1..1 as floating-point numbers, which are clipped; integers are written as they are.
        rate_hz: Samples a second.
    """
    if np.issubdtype(samples.dtype, np.floating):
        samples = np.clip(samples, -1, 1) * 32767
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(samples.astype("<i2").tobytes())
    return path
