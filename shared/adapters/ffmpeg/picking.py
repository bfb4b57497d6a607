"""Reading some pictures of a file and decoding only those, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.fragments import read_fragments
from shared.adapters.ffmpeg.programs import Programs, literal
from shared.adapters.ffmpeg.timeline import Timeline, read_timeline
from shared.domain.errors import TransientError
from shared.ports.tool_session import ToolSession

__all__ = ["PICKED", "Timelines", "picked", "shown_at"]

PICKED = ("-copyts",)
"""Global options that picked() needs: times are those of the file, wherever reading begins."""

_ROUNDING_S = 1e-6
"""How much too early a time may be for the picture that begins then."""

Ticks = npt.NDArray[np.int64]


class Timelines:
    """Reads when the pictures of files that this product made are shown; of the latest file it is remembered.

    Args:
        programs: ffprobe among them.
    """

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._latest: tuple[object, Timeline] | None = None

    def of(self, video: Path, session: ToolSession) -> Timeline:
        """Returns those of a file.

        Raises:
            TransientError: It has no pictures.
        """
        status = video.stat()
        file = (video, status.st_ino, status.st_size, status.st_mtime_ns)
        latest = self._latest
        if latest is None or latest[0] != file:
            timeline = read_fragments(video) or read_timeline(self._programs, video, session)
            latest = self._latest = (file, timeline)
        if not latest[1].is_shown.any():
            raise TransientError("tool_failed", f"No picture could be read in {video.name}.")
        return latest[1]


def shown_at(timeline: Timeline, times_s: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Returns which of the pictures, numbered as shown, is to be seen at each time; before all, the first."""
    ticks = np.floor((np.asarray(times_s) + _ROUNDING_S) / float(timeline.tick_s))
    return np.maximum(np.searchsorted(timeline.shown, ticks, "right") - 1, 0)


def picked(video: Path, timeline: Timeline, wanted: Ticks) -> Any:
    """Returns a stream of pictures of one file, in order, and few others; PICKED must be given with it.

    Packets that they are not made of are dropped before they are decoded. One input for each picture that seeks to
    it took seven times as much: it opens the file, decodes its beginning to learn what is in it, often seeks to a
    key frame too early, and decodes ahead until it is told to stop.

    Args:
        video: The file.
        timeline: Its packets.
        wanted: When the pictures are shown, in ticks; dozens at most, as each makes the expression longer.
    """
    packets = _needed(timeline, wanted)
    places = timeline.places[packets]
    # Packets that follow one another are kept together.
    ends = np.flatnonzero(np.diff(packets) > 1)
    runs = list(zip(places[[0, *(ends + 1)]].tolist(), places[[*ends, -1]].tolist(), strict=True))
    begins_s = timeline.times_s(timeline.pts[packets[:1]])[0]
    source = ffmpeg.input(
        literal(video),
        ss=f"{begins_s:.6f}",
        seek_timestamp=1,  # ss counts from the timeline's 0, not from the file's first picture
        noaccurate_seek=None,  # what comes before is dropped here, and what is late must not be
        threads=1,  # the files are small, and a frame's worth of threads costs more than it gains
        **{"bsf:v": f"noise=drop=not({_among(runs)})".replace(",", r"\,")},
    )
    return source.video


def _needed(timeline: Timeline, wanted: Ticks) -> npt.NDArray[np.intp]:
    """Returns which packets some pictures are made of: from the key frame on, all that others refer to."""
    pts = timeline.pts
    order = np.argsort(pts, kind="stable")
    packets = order[np.searchsorted(pts[order], wanted)]
    keys = np.flatnonzero(timeline.is_key)
    needed = np.zeros(len(pts), np.bool_)
    for packet in packets.tolist():
        before = keys[: np.searchsorted(keys, packet, "right")]
        # A picture that comes after a key frame and is shown before it is made of the one before, too.
        before = before[pts[before] <= pts[packet]]
        needed[int(before[-1]) if before.size else 0 : packet] = True
    needed &= timeline.is_referred
    needed[packets] = True
    return np.flatnonzero(needed)


def _among(runs: Sequence[tuple[int, int]]) -> str:
    """Returns the condition that a packet lies in one of some stretches of the file, halving them at each step."""
    if len(runs) == 1:
        return f"between(pos,{runs[0][0]},{runs[0][1]})"
    half = len(runs) // 2
    return f"if(lt(pos,{runs[half][0]}),{_among(runs[:half])},{_among(runs[half:])})"
