"""Every packet of one stream of pictures: when it is shown, and whether decoding can begin at it."""

from __future__ import annotations

from array import array
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.allowed import reading_arguments
from shared.adapters.ffmpeg.packets import PACKET_FIELDS, LastFrame, read_packet
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.ffmpeg.streams import rational
from shared.ports.tool_session import ToolSession

__all__ = ["KEY", "UNREFERRED", "Timeline", "read_timeline"]

KEY, _NOT_SHOWN, _NO_TIME, UNREFERRED = 1, 2, 4, 8
"""Flags of a packet: decoding can begin at it; it is decoded only; nobody says when; no other is made from it."""


class Timeline:
    """Packets in the order of the file; 17 bytes each.

    Attributes:
        tick_s: Seconds of a tick.
        codec: FFmpeg's name of the codec.
    """

    def __init__(self) -> None:
        self.tick_s = Fraction(1)
        self.codec = ""
        self._last = LastFrame()
        self._pts = array("q")
        self._places = array("q")
        self._flags = array("B")

    def add(self, line: str) -> None:
        """Takes in a line of ffprobe: a packet's or, at the end, the stream's."""
        kind, *values = line.strip().split(",")
        if kind == "stream":
            self.codec, self.tick_s = values[0], rational(values[1], Fraction(1))
        elif kind == "packet":
            packet = read_packet(values)
            time = None if packet.is_empty else packet.pts
            self._pts.append(time or 0)
            self._places.append(packet.place)
            if time is not None and packet.is_shown:
                self._last.see(time, packet.lasts)
            flags = KEY * packet.is_key + _NOT_SHOWN * (not packet.is_shown) + _NO_TIME * (time is None)
            self._flags.append(flags)

    def note(
        self, pts: npt.NDArray[np.int64], places: npt.NDArray[np.int64], flags: npt.NDArray[np.int64]
    ) -> None:
        """Takes in packets: when they are shown, where they are in the file, and KEY and UNREFERRED of each."""
        self._pts.extend(pts.tolist())
        self._places.extend(places.tolist())
        self._flags.extend(flags.tolist())

    @property
    def last_ticks(self) -> int:
        """How long the last frame is shown, in ticks; 0 when that is unknown."""
        return self._last.lasts

    @property
    def pts(self) -> npt.NDArray[np.int64]:
        """When each packet is shown, in ticks of the container's clock."""
        return np.frombuffer(self._pts, np.int64)

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """Where in the file each packet is, in bytes from its beginning; -1 where that can't be said."""
        return np.frombuffer(self._places, np.int64)

    @property
    def is_key(self) -> npt.NDArray[np.bool_]:
        """Which packets decoding can begin at."""
        return self._flagged(KEY)

    @property
    def is_referred(self) -> npt.NDArray[np.bool_]:
        """Which packets others may be made from; all of which nothing is known."""
        return ~self._flagged(UNREFERRED)

    @property
    def is_shown(self) -> npt.NDArray[np.bool_]:
        """Which packets are shown at all."""
        return ~self._flagged(_NOT_SHOWN)

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """When each packet is shown, in ticks, of those that are: in order, which that of the file is not."""
        return np.sort(self.pts[self.is_shown])

    @property
    def key_times_s(self) -> list[float]:
        """When the key frames are shown, in order."""
        return self.times_s(np.sort(self.pts[self.is_key]))

    @property
    def is_timed(self) -> bool:
        """Whether the container says of every packet when it is shown."""
        return not self._flagged(_NO_TIME).any()

    def times_s(self, ticks: npt.NDArray[np.int64]) -> list[float]:
        """Returns some of its times in seconds."""
        return [int(tick) * self.tick_s.numerator / self.tick_s.denominator for tick in ticks]

    def _flagged(self, flag: int) -> npt.NDArray[np.bool_]:
        return np.asarray(np.frombuffer(self._flags, np.uint8) & flag, np.bool_)


def read_timeline(
    programs: Programs, path: Path, session: ToolSession, *, demuxer: str | None = None, stream: str = "v:0"
) -> Timeline:
    """Reads when the packets of the pictures are shown.

    Args:
        programs: ffprobe among them.
        path: The file.
        session: The attempt.
        demuxer: What opens a stranger's file, and what was copied out of it; None for what this product encoded.
        stream: Which stream of the file, as FFmpeg calls it.
    """
    arguments = (
        *(reading_arguments(demuxer) if demuxer else ()),
        *("-select_streams", stream, "-of", "csv"),
        *("-show_entries", f"packet={PACKET_FIELDS}:stream=codec_name,time_base"),
    )
    timeline = Timeline()
    with programs.ask(arguments, path, session) as tool:
        for line in tool.stdout:
            timeline.add(line.decode())
    if tool.returncode:
        raise tool_failed(tool)
    return timeline
