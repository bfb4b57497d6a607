"""The clock of streams that are broadcast or recorded: where it jumps, FFmpeg goes on as if it had not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

__all__ = ["JUMPING", "SteadyClock"]

JUMPING: Final = ("mpegts", "mpeg", "ogg")
"""Demuxers in whose files the clock may jump: what is appended to one is part of it, with a clock of its own."""

# Further on, or further back, than this is a jump and no gap. FFmpeg's own figures.
_ONWARDS_S: Final = 10
_BACKWARDS_S: Final = Fraction(1, 10)


@dataclass(slots=True)
class _Stream:
    tick_s: Fraction
    sets_clock: bool
    offset: int = 0
    last: int | None = None
    expected: int = 0


class SteadyClock:
    """What FFmpeg adds to the times of packets so that they go on.

    Args:
        ticks_s: Seconds of a tick of each stream, by its index.
        read: Those that are decoded or copied: each jump is seen in one of them, and counts for all streams.
    """

    def __init__(self, ticks_s: Mapping[int, Fraction], read: Collection[int]) -> None:
        self._streams = {index: _Stream(tick_s, index in read) for index, tick_s in ticks_s.items()}
        self._offset_s = Fraction(0)

    def offset(self, index: int, dts: int | None, duration: int) -> int:
        """Takes in a packet, in the order of the file; returns what to add to its times, in its stream's ticks."""
        stream = self._streams[index]
        if dts is None or not stream.sets_clock:
            return stream.offset
        at = dts + stream.offset
        if stream.last is not None:
            step = at - stream.expected
            onwards, backwards = abs(step) * stream.tick_s, (stream.last - at) * stream.tick_s
            if onwards > _ONWARDS_S or backwards > _BACKWARDS_S:
                self._go_on(-step * stream.tick_s)
                at = stream.expected
        stream.last, stream.expected = at, at + duration
        return stream.offset

    def _go_on(self, by_s: Fraction) -> None:
        self._offset_s += by_s
        for stream in self._streams.values():
            stream.offset = round(self._offset_s / stream.tick_s)
