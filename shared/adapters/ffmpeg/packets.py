"""What the packets of a file say about its timing, whatever its header claims."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.clock import SteadyClock
from shared.adapters.ffmpeg.streams import Span, is_picture, rational
from shared.domain.errors import PermanentError

__all__ = ["PACKET_FIELDS", "LastFrame", "Packet", "PacketScan", "read_packet"]

PACKET_FIELDS = "pts,dts,duration,size,pos,flags"
"""What read_packet() reads, in the order in which ffprobe prints it."""

# Frames are even if none is off by more than this share of their distance, besides the rounding to ticks.
_EVEN_SHARE = 0.05
# A measured rate this near to the declared one is the declared one.
_RATE_SHARE = 0.001


class Packet(NamedTuple):
    """What ffprobe says of a packet; times are in ticks of its stream.

    Attributes:
        pts: When it is shown; None where the container does not say.
        dts: When it is decoded; None likewise.
        lasts: How long it is shown; 0 where that is unknown.
        place: Where its bytes begin in the file; -1 where that is unknown.
        is_key: Whether decoding can begin at it.
        is_shown: Whether it is not only decoded, because of an edit list.
        is_empty: Whether it only repeats the frame before, in AVI.
    """

    pts: int | None
    dts: int | None
    lasts: int
    place: int
    is_key: bool
    is_shown: bool
    is_empty: bool


def read_packet(fields: Sequence[str]) -> Packet:
    """Reads what ffprobe prints of one packet.

    Args:
        fields: PACKET_FIELDS, and perhaps more behind them.
    """
    pts, dts, duration, size, place, flags = fields[:6]
    return Packet(
        pts=_ticks(pts),
        dts=_ticks(dts),
        lasts=_ticks(duration) or 0,
        place=-1 if place == "N/A" else int(place),
        is_key="K" in flags,
        is_shown="D" not in flags,
        is_empty=size == "0",
    )


def _ticks(time: str) -> int | None:
    return None if time == "N/A" else int(time)


@dataclass(slots=True)
class LastFrame:
    """The frame that is shown last: packets come in decoding order, and uneven frames have lengths of their own.

    Attributes:
        start: When it begins, in ticks; None before any frame.
        lasts: How long it is shown, in ticks; 0 where that is unknown.
    """

    start: int | None = None
    lasts: int = 0

    def see(self, start: int, lasts: int) -> None:
        """Takes in a frame."""
        if self.start is None or start >= self.start:
            self.start, self.lasts = start, lasts

    @property
    def end(self) -> int:
        """When it ends, in ticks."""
        return (self.start or 0) + self.lasts


@dataclass
class _Stream:
    tick_s: Fraction
    declared_fps: tuple[Fraction, Fraction]
    is_picture: bool
    packets: int = 0
    first: int | None = None
    last: LastFrame = field(default_factory=LastFrame)
    sound_end: int = 0
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))

    @property
    def end(self) -> int:
        """When what was read ends, in ticks."""
        return self.last.end if self.is_picture else self.sound_end

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """When frames are shown, in order; evenly spaced if and only if they are.

        A program stream leaves some presentation times out; decoding times have the same distances.
        """
        return np.sort(np.frombuffer(self.pts if len(self.pts) == self.packets else self.dts, np.int64))


class PacketScan:
    """Takes in ffprobe's packet lines; memory is 16 bytes a frame.

    Args:
        streams: ffprobe's description of the streams.
        origin_s: The container's start, which becomes time 0.
        max_packets: Frames of one stream; more are refused.
        clock: Where the container's clock may jump, what makes it go on.

    Raises:
        PermanentError: ``too_many_frames``.
    """

    def __init__(
        self,
        streams: Iterable[Mapping[str, Any]],
        origin_s: float,
        max_packets: int,
        clock: SteadyClock | None = None,
    ) -> None:
        self._origin_s = origin_s
        self._max_packets = max_packets
        self._clock = clock
        self._streams = {
            int(stream["index"]): _Stream(
                tick_s=rational(stream["time_base"], Fraction(1)),
                declared_fps=(rational(stream.get("r_frame_rate")), rational(stream.get("avg_frame_rate"))),
                is_picture=is_picture(stream),
            )
            for stream in streams
        }

    def add(self, line: str) -> None:
        """Takes in one line: the stream's index and PACKET_FIELDS, comma separated."""
        index, *fields = line.strip().split(",")
        stream, packet = self._streams.get(int(index)), read_packet(fields)
        time = packet.pts if packet.pts is not None else packet.dts
        if stream is None or time is None or packet.is_empty or not packet.is_shown:
            return
        offset = self._clock.offset(int(index), packet.dts, packet.lasts) if self._clock else 0
        start = time + offset
        stream.packets += 1
        stream.first = start if stream.first is None else min(stream.first, start)
        if not stream.is_picture:
            stream.sound_end = max(stream.sound_end, start + packet.lasts)
            return
        stream.last.see(start, packet.lasts)
        if stream.packets > self._max_packets:
            raise PermanentError("too_many_frames", "The video has more frames than are accepted.")
        if packet.pts is not None:
            stream.pts.append(packet.pts + offset)
        if packet.dts is not None:
            stream.dts.append(packet.dts + offset)

    def span(self, index: int) -> Span | None:
        """Returns what was read of a stream, None when it has no packet that is shown."""
        stream = self._streams[index]
        if stream.first is None:
            return None
        span = Span(
            first_s=float(stream.first * stream.tick_s) - self._origin_s,
            end_s=float(stream.end * stream.tick_s) - self._origin_s,
            packets=stream.packets,
        )
        return _with_rate(span, stream) if stream.is_picture else span


def _with_rate(span: Span, stream: _Stream) -> Span:
    times = stream.times
    ticks = int(times[-1] - times[0]) if len(times) else 0
    if ticks == 0:
        return replace(span, fps=next(filter(None, stream.declared_fps), Fraction(1)))
    mean_ticks = ticks / (len(times) - 1)
    rounding = min(1.0, mean_ticks / 4)  # fine ticks round; where a tick is a frame, a missing one is a gap
    uneven = np.abs(np.diff(times) - mean_ticks).max() > max(rounding, _EVEN_SHARE * mean_ticks)
    measured = (len(times) - 1) / (ticks * stream.tick_s)
    near = (rate for rate in stream.declared_fps if abs(rate / measured - 1) < _RATE_SHARE)
    return replace(
        span,
        # The last frame is shown as long as the others where the container does not say.
        end_s=max(span.end_s, span.first_s + float((ticks + mean_ticks) * stream.tick_s)),
        fps=next(near, measured.limit_denominator(100_000)),
        variable_fps=bool(uneven),
    )
