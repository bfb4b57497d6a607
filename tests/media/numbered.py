"""Pictures that say which frame of the source they are, and how to read that."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from shared.adapters.binaries import bundled

__all__ = ["numbered", "numbers", "plays"]

_BITS, _SIDE = 12, 16
_WIDTH, _HEIGHT = _BITS * _SIDE, 64

_NUMBERED = f"geq=lum='16+219*mod(floor(N/pow(2,floor(X/{_SIDE}))),2)':cb=128:cr=128"
"""Filter that writes a frame's number into it: a column a bit, the least one first."""


def numbered(rate: str, duration_s: float) -> tuple[str, ...]:
    """Returns the input of pictures whose frames are numbered from 0."""
    return ("-f", "lavfi", "-i", f"color=black:s={_WIDTH}x{_HEIGHT}:r={rate}:d={duration_s},{_NUMBERED}")


def numbers(path: Path) -> list[int]:
    """Returns the numbers of the frames of a file, in the order in which they are shown."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    gray = [*command, "-vf", f"scale={_BITS}:1:flags=area", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
    told = subprocess.run(gray, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).stdout
    bits = np.frombuffer(told, np.uint8).reshape(-1, _BITS) > 128
    return [int(number) for number in bits @ (1 << np.arange(_BITS))]


def plays(path: Path) -> bool:
    """Tells whether all of a file can be decoded without a complaint."""
    command = [str(bundled("ffmpeg")), "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
    run = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return run.returncode == 0 and not run.stderr
