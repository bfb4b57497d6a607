"""Whether rows of pictures alternate between two moments, as pixels tell it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shared.adapters.binaries import bundled

# Levels by which a row sticks out between its neighbours.
_TOOTH = 40


def combed(path: Path, size: tuple[int, int]) -> float:
    """Returns the share of pixels that differ from those above and below in the same direction."""
    luma = luma_of(path, size).astype(np.int16)
    above, below = (luma[:, 1:-1] - luma[:, :-2]), (luma[:, 1:-1] - luma[:, 2:])
    return float((np.minimum(abs(above), abs(below)) * (np.sign(above) == np.sign(below)) > _TOOTH).mean())


def luma_of(path: Path, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Returns frames, rows and columns."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(path), "-map", "0:v", "-fps_mode", "passthrough"]
    command += ["-vf", "extractplanes=y", "-f", "rawvideo", "pipe:1"]
    run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return np.frombuffer(run.stdout, np.uint8).reshape(-1, size[1], size[0])
