"""Shots: the default detector, one pass over small pictures, exact to the source frame.

What a shot's ``transition_in`` means for its first frame:

- ``cut``: the first frame that shows the new picture.
- ``fade`` (through black or white): the first of the darkest or brightest frames.
- ``dissolve``: the first frame that is at least half the new picture.
- ``none``: the first frame of the video, whatever it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from functions.segment.shots.cuts import CutDetector
from functions.segment.shots.dissolves import DissolveDetector
from functions.segment.shots.fades import FadeDetector
from functions.segment.shots.thumbnail import Instant, Thumbnail
from functions.segment.timeline import end_of_picture_s
from shared.domain.media import MediaInfo
from shared.domain.records import Segment, Transition
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter

__all__ = ["ShotSegmenter"]


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Where a shot begins, how, and over how many seconds."""

    at: Instant
    transition: Transition
    takes_s: float = 0.0


class ShotSegmenter(Segmenter):
    """Finds shots by their hard cuts, fades and dissolves; they tile the video without gap or overlap."""

    name: ClassVar[str] = "shots"
    version: ClassVar[str] = "1"

    def start(self, media: MediaInfo) -> None:
        self._first: Instant | None = None
        self._last: Instant | None = None
        if media.kind == "audio":
            return
        self._stream = media.video[0]
        fps = float(self._stream.fps)
        self._cuts, self._fades, self._dissolves = CutDetector(fps), FadeDetector(), DissolveDetector(fps)

    def observe_frame(self, frame: Frame) -> None:
        thumbnail = Thumbnail.of(frame)
        self._cuts.observe(thumbnail)
        self._fades.observe(thumbnail)
        self._dissolves.observe(thumbnail)
        self._first = self._first or thumbnail.at
        self._last = thumbnail.at

    def finish(self) -> Sequence[Segment]:
        if self._first is None or self._last is None:
            return []
        self._cuts.finish()
        self._fades.finish()
        beginnings = [_Boundary(self._first, "none"), *sorted(self._boundaries(), key=lambda b: b.at)]
        ends = [boundary.at for boundary in beginnings[1:]]
        ends.append(Instant(self._last.index + 1, end_of_picture_s(self._stream, self._last.time_s)))
        return [
            Segment(
                kind="shot",
                index=index,
                start_s=boundary.at.time_s,
                end_s=end.time_s,
                start_frame=boundary.at.index,
                end_frame=end.index,
                transition_in=boundary.transition,
                transition_s=boundary.takes_s,
                producer=self.name,
                producer_version=self.version,
            )
            for index, (boundary, end) in enumerate(zip(beginnings, ends, strict=True))
        ]

    def _boundaries(self) -> Iterator[_Boundary]:
        """Yields cuts, then fades without a cut at their black or white, then dissolves clear of both."""
        taken: list[tuple[int, int]] = []
        for cut in self._cuts.cuts:
            taken.append((cut.index - 1, cut.index + 1))
            yield _Boundary(cut, "cut")
        for fade in self._fades.fades:
            if _is_clear(fade.empty_start.index, fade.empty_end.index, taken):
                taken.append((fade.start.index, fade.end.index))
                yield _Boundary(fade.middle, "fade", fade.end.time_s - fade.start.time_s)
        for dissolve in self._dissolves.dissolves:
            if _is_clear(dissolve.start.index, dissolve.end.index, taken):
                yield _Boundary(dissolve.middle, "dissolve", dissolve.end.time_s - dissolve.start.time_s)


def _is_clear(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return all(end < taken_start or start > taken_end for taken_start, taken_end in taken)
