"""Taking single pictures out of files that this product made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.allowance import for_own_pictures
from shared.adapters.ffmpeg.jpeg import jpegs
from shared.adapters.ffmpeg.picking import PICKED, picked, shown_at
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.ffmpeg.timeline import Timeline
from shared.domain.encoding import GOP_S
from shared.ports.tool_session import ToolSession

__all__ = ["take_stills"]

_STILLS_A_PROCESS = 64
"""Each makes the expression longer that is evaluated for every packet in between."""


def take_stills(
    programs: Programs,
    video: Path,
    timeline: Timeline,
    times_s: Sequence[float],
    folder: Path,
    session: ToolSession,
) -> Sequence[Path]:
    """Writes the picture shown at each time as a JPEG; before the first picture, that is the first one.

    Times at which the same picture is shown share a file.
    """
    shown = shown_at(timeline, times_s)
    stills = dict[int, Path]()
    pictures = np.array(sorted(set(shown.tolist())))  # numpy's own unique() loads masked arrays first
    for batch, start in enumerate(range(0, len(pictures), _STILLS_A_PROCESS)):
        some = pictures[start : start + _STILLS_A_PROCESS]
        paths = [folder / f"still-{batch:04d}-{number:03d}.jpg" for number in range(1, len(some) + 1)]
        _write_stills(programs, video, timeline, some, paths, session)
        stills |= zip(some.tolist(), paths, strict=True)
    return [stills[picture] for picture in shown.tolist()]


def _write_stills(
    programs: Programs,
    video: Path,
    timeline: Timeline,
    pictures: npt.NDArray[np.intp],
    paths: Sequence[Path],
    session: ToolSession,
) -> None:
    wanted = timeline.shown[pictures]
    chosen = "+".join(f"eq(pts,{ticks})" for ticks in wanted)
    outputs = jpegs(picked(video, timeline, wanted).filter("select", chosen), paths)
    limits = for_own_pictures(len(paths) * GOP_S)
    with programs.encode(outputs, video.parent, session, limits=limits, options=PICKED) as tool:
        tool.stdout.read()
    if tool.returncode or not all(path.exists() for path in paths):
        raise tool_failed(tool)
