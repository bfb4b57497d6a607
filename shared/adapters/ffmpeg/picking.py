"""Reading some pictures of a file and decoding only those, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import numpy.typing as npt

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
            latest = self._latest = (file, read_timeline(self._programs, video, session))
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
    spans = list(_spans(timeline, wanted))
    kept = "+".join(f"between(pos,{timeline.places[first]},{timeline.places[last]})" for first, last in spans)
    begins_s = timeline.times_s(timeline.pts[[min(first for first, _ in spans)]])[0]
    source = ffmpeg.input(
        literal(video),
        ss=f"{begins_s:.6f}",
        seek_timestamp=1,  # ss counts from the timeline's 0, not from the file's first picture
        noaccurate_seek=None,  # what comes before is dropped here, and what is late must not be
        threads=1,  # the files are small, and a frame's worth of threads costs more than it gains
        **{"bsf:v": f"noise=drop=not({kept})".replace(",", r"\,")},
    )
    return source.video


def _spans(timeline: Timeline, wanted: Ticks) -> Iterator[tuple[int, int]]:
    """Yields the first and the last packet, by their numbers, of each run that has to be decoded."""
    pts = timeline.pts
    order = np.argsort(pts, kind="stable")
    packets = order[np.searchsorted(pts[order], wanted)]
    keys = np.flatnonzero(timeline.is_key)
    last_of: dict[int, int] = {}
    for packet in packets.tolist():
        before = keys[: np.searchsorted(keys, packet, "right")]
        # A picture that comes after a key frame and is shown before it is made of the one before, too.
        before = before[pts[before] <= pts[packet]]
        key = int(before[-1]) if before.size else 0
        last_of[key] = max(last_of.get(key, packet), packet)
    yield from last_of.items()
