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
    """Writes a video several times over into one file, without encoding it again.

    Args:
        source: The video, in MP4.
        times: How often.
        destination: The file, in MP4.
    """
    reading = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y", "-stream_loop", str(times - 1)]
    subprocess.run([*reading, "-i", str(source), "-map", "0", "-c", "copy", str(destination)], check=True)
    return destination
