"""A flash and a beep at the same moment, and when a file has them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np

from shared.adapters.binaries import bundled

__all__ = ["FLASH", "beep", "beep_s", "flash_s", "played"]

_BLACK = "color=black:s=160x120:r=25:d=4"
FLASH = ("-f", "lavfi", "-i", f"{_BLACK},drawbox=c=white:t=fill:enable='between(t,1.99,2.03)'")
"""Black but for one white frame at 2 s."""


def beep(starts_s: float = 2.0, duration_s: float = 4.0) -> tuple[str, ...]:
    """Returns the source of silence in which a tone begins."""
    tone = f"if(between(t,{starts_s},{starts_s + 0.1}),0.8*sin(2*PI*1000*t),0)"
    return ("-f", "lavfi", "-i", f"aevalsrc='{tone}':d={duration_s}:s=44100")


def played(path: Path, *options: str) -> bytes:
    """Returns what FFmpeg makes of a file or a stream on stdout, by the clock that it has itself."""
    # copyts: what is read alone would be moved to 0. An HLS playlist is only read if it may lead to other files.
    playlist = ("-allowed_extensions", "ALL") if path.suffix == ".m3u8" else ()
    command = [str(bundled("ffmpeg")), "-v", "error", "-copyts", *playlist, "-i", str(path), *options]
    return subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).stdout


def beep_s(path: Path) -> float:
    """Returns when the first sound of a file or a stream begins to be loud."""
    timed = "aresample=48000:async=1:first_pts=0"
    pcm = played(path, "-map", "0:a:0", "-ac", "1", "-af", timed, "-f", "f32le", "pipe:1")
    samples = np.abs(np.frombuffer(pcm, np.float32))
    assert samples.max() > 0.05, f"no beep in {path.name}"
    return float(np.argmax(samples > samples.max() / 4)) / 48000


def flash_s(path: Path) -> float:
    """Returns when the one white picture of a file or a stream is shown."""
    measure = "scale=16:12,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"
    text = played(path, "-map", "0:v:0", "-vf", measure, "-f", "null", "-").decode()
    frames = re.findall(r"pts_time:([\d.]+)\s+\S+=([\d.]+)", text)
    (flash,) = (float(time_s) for time_s, luma in frames if float(luma) > 128)
    return flash
