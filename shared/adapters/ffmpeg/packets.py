"""What the packets of a file say about its timing, whatever its header claims."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.clock import SteadyClock
from shared.adapters.ffmpeg.streams import Span, is_picture, rational
from shared.domain.errors import PermanentError

__all__ = ["PACKET_FIELDS", "PacketScan"]

PACKET_FIELDS = "stream_index,pts,dts,duration,size,flags"
"""What PacketScan reads, in the order in which ffprobe prints it."""

# Frames are even if none is off by more than this share of their distance, besides the rounding to ticks.
_EVEN_SHARE = 0.05
# A measured rate this near to the declared one is the declared one.
_RATE_SHARE = 0.001


@dataclass
class _Stream:
    tick_s: Fraction
    declared_fps: tuple[Fraction, Fraction]
    is_picture: bool
    packets: int = 0
    first: int | None = None
    last: int | None = None
    end: int = 0
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))

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
        """Takes in one line of PACKET_FIELDS, comma separated."""
        index, pts, dts, duration, size, flags = line.strip().split(",")[:6]
        stream = self._streams.get(int(index))
        time = pts if pts != "N/A" else dts
        # D: decoded but never shown, because of an edit list. No bytes: a repeat of the frame before, in AVI.
        if stream is None or time == "N/A" or "D" in flags or size == "0":
            return
        lasts = int(duration) if duration != "N/A" else 0
        offset = self._clock.offset(int(index), _ticks(dts), lasts) if self._clock else 0
        start = int(time) + offset
        stream.packets += 1
        stream.first = start if stream.first is None else min(stream.first, start)
        end = start + lasts
        if not stream.is_picture:
            stream.end = max(stream.end, end)
        else:
            # An MP4 has durations in decoding order: among uneven pictures only the last one's tells when it ends.
            if stream.last is None or start >= stream.last:
                stream.last, stream.end = start, end
            if stream.packets > self._max_packets:
                raise PermanentError("too_many_frames", "The video has more frames than are accepted.")
            if pts != "N/A":
                stream.pts.append(int(pts) + offset)
            if dts != "N/A":
                stream.dts.append(int(dts) + offset)

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


def _ticks(time: str) -> int | None:
    return None if time == "N/A" else int(time)


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
