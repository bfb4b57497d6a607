"""Other people's detectors of cuts with their own settings, to be measured on the same pictures."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode, ThresholdDetector

from shared.adapters.binaries import bundled
from shared.ports.media_tool import Frame

__all__ = ["RIVALS", "Rival"]

Rival: TypeAlias = Callable[[Path, Sequence[Frame], float], list[int]]
"""Takes a file, its frames and their rate; returns the first frames of new shots."""

_SHOWN: Final = re.compile(r"pts_time:(\S+)")


def _pyscenedetect(kind: type) -> Rival:
    def run(path: Path, frames: Sequence[Frame], fps: float) -> list[int]:
        detector, found = kind(), []
        for frame in frames:
            bgr = np.ascontiguousarray(frame.rgb[..., ::-1])
            found += detector.process_frame(FrameTimecode(frame.index, fps), bgr)
        found += detector.post_process(FrameTimecode(frames[-1].index, fps))
        return sorted({one.frame_num for one in found})

    return run


def _scdet(path: Path, frames: Sequence[Frame], fps: float) -> list[int]:
    # Frames that it takes for a change are the only ones to bear a time of one.
    graph = "scdet,metadata=mode=select:key=lavfi.scd.time,metadata=mode=print:file=-"
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-copyts", "-i", str(path), "-map", "0:v:0"]
    command += ["-vf", graph, "-f", "null", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    times_s = np.array([frame.time_s for frame in frames])
    shown = [float(time) for time in _SHOWN.findall(told)]
    return [int(np.argmin(np.abs(times_s - time_s))) for time_s in shown]


RIVALS: Final[dict[str, Rival]] = {
    "PySceneDetect adaptive": _pyscenedetect(AdaptiveDetector),
    "PySceneDetect content": _pyscenedetect(ContentDetector),
    "PySceneDetect threshold": _pyscenedetect(ThresholdDetector),
    "FFmpeg scdet": _scdet,
}
