"""When the pictures of a file are shown, as an ffprobe that is not asked by the product tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

from shared.adapters.binaries import bundled

__all__ = ["key_times", "shown_times"]


def shown_times(path: Path) -> list[tuple[str, bool]]:
    """Returns when each picture is shown, in order, in ffprobe's own words, and whether it is a key frame."""
    options = ("-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0")
    command = [str(bundled("ffprobe")), *options, f"file:{path}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()
    found = [line.split(",")[:2] for line in lines]
    return sorted(((time, "K" in flags) for time, flags in found), key=lambda shown: float(shown[0]))


def key_times(path: Path) -> list[float]:
    """Returns when the key frames are shown, in seconds."""
    return [float(time) for time, is_key in shown_times(path) if is_key]
