"""Long videos for benches, made of short ones by copying, and the work of one chunk's task alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from shared.adapters.binaries import bundled

__all__ = ["ALWAYS", "NEVER", "looped"]

ALWAYS: Final = {"AUTOMATIONS_ENCODING__CHUNKS": "always"}
NEVER: Final = {"AUTOMATIONS_ENCODING__CHUNKS": "never"}


def looped(source: Path, times: int, destination: Path) -> Path:
    """Writes a video's pictures several times over into one file, without encoding them again.

    Without the sound, whose end is seldom the pictures': frames would not be evenly spaced any more.

    Args:
        source: The video.
        times: How often.
        destination: The file, in MP4.
    """
    silent = destination.with_suffix(".once.mp4")
    start, copied = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y"], ["-map", "0:v:0", "-c", "copy"]
    subprocess.run([*start, "-i", str(source), *copied, str(silent)], check=True)
    again = ["-stream_loop", str(times - 1), "-i", str(silent)]
    subprocess.run([*start, *again, *copied, str(destination)], check=True)
    silent.unlink()
    return destination
