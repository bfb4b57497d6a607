"""Shots: the default detector, one pass over small pictures, exact to the source frame.

What a shot's ``transition_in`` means for its first frame:

- ``cut``: the first frame that shows the new picture.
- ``fade`` (through black or white): the first of the darkest or brightest frames.
- ``dissolve`` and ``wipe``: the first frame that is at least half the new picture.
- ``none``: the first frame of the video, whatever it shows.

Each fade, dissolve and wipe is a segment of its own, too: from the first frame that is not wholly the old picture
to the first that is wholly the new one. A fade from black that was cut to, or at the start of the video, begins
no shot and is such a segment all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from functions.segment.shots.changes import Change, segments
from functions.segment.shots.cuts import SLOWEST_CUT, CutDetector
from functions.segment.shots.fades import Fade, FadeDetector
from functions.segment.shots.gradual import GradualDetector
from functions.segment.shots.reel import Reel
from functions.segment.shots.thumbnail import Instant
from functions.segment.timeline import end_of_picture_s
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter

__all__ = ["ShotSegmenter"]

_BLOCK = 64
"""Frames that are looked at together: arrays of many cost little more than of one."""

_LEAST_KEPT = 128


class ShotSegmenter(Segmenter):
    """Finds shots by their cuts, fades, dissolves and wipes; they tile the video without gap or overlap."""

    name: ClassVar[str] = "shots"
    version: ClassVar[str] = "5"

    def start(self, media: MediaInfo) -> None:
        self._first: Instant | None = None
        self._last: Instant | None = None
        self._block: list[Frame] = []
        if media.kind == "audio":
            return
        self._stream = media.video[0]
        fps = float(self._stream.fps)
        self._reel = Reel(max(GradualDetector.reach(fps), _LEAST_KEPT) + _BLOCK)
        self._cuts, self._fades = CutDetector(self._reel, fps), FadeDetector(self._reel)
        self._gradual = GradualDetector(self._reel, fps)

    def observe_frame(self, frame: Frame) -> None:
        self._block.append(frame)
        if len(self._block) == _BLOCK:
            self._look()

    def finish(self) -> Sequence[Segment]:
        if self._block:
            self._look()
        if self._first is None or self._last is None:
            return []
        self._cuts.advance(final=True)
        self._fades.advance(final=True)
        end = Instant(self._last.index + 1, end_of_picture_s(self._stream, self._last.time_s))
        changes = self._changes(self._first, self._last)
        return segments(changes, self._first, end, producer=self.name, version=self.version)

    def _look(self) -> None:
        self._first = self._first or Instant(self._block[0].index, self._block[0].time_s)
        self._last = Instant(self._block[-1].index, self._block[-1].time_s)
        self._reel.add(self._block)
        self._block.clear()
        for detector in (self._cuts, self._fades, self._gradual):
            detector.advance()

    def _changes(self, first: Instant, last: Instant) -> Iterator[Change]:
        """Yields how shots go over into one another; what is surer comes first, and what overlaps it is none."""
        taken: list[tuple[int, int]] = []
        sharp = [cut.at for cut in self._cuts.cuts if cut.steps == 1]
        for fade in self._fades.fades:
            if fade.start is not None and fade.end is not None:
                start, end = _between_cuts(fade.start, fade.end, fade, sharp)
                taken.append((start.index, end.index))
                yield Change("fade", fade.emptiest, start, end)
        slow = [one for one in self._gradual.found if one.end.index - one.start.index > SLOWEST_CUT]
        cuts = []
        for cut in self._cuts.cuts:
            mixed = cut.steps > 1 and any(one.start <= cut.at <= one.end for one in slow)
            if not mixed and _is_clear(cut.at.index, cut.at.index, taken):
                cuts.append(cut.at)
                yield Change.cut(cut.at)
        taken += [(cut.index - 1, cut.index + 1) for cut in cuts]
        for fade in self._fades.fades:
            for start, end in _half_fades(fade, (first, *cuts), (last, *cuts)):
                taken.append((start.index, end.index))
                yield Change("fade", None, start, end)
        for gradual in slow:
            if _is_clear(gradual.start.index, gradual.end.index, taken):
                yield Change(gradual.kind, gradual.middle, gradual.start, gradual.end)


def _between_cuts(start: Instant, end: Instant, fade: Fade, cuts: Sequence[Instant]) -> tuple[Instant, Instant]:
    """Returns a fade's span without what a cut in the fuller half of its way shows beyond its two pictures."""
    before = (cut for cut in cuts if start.index < cut.index <= (start.index + fade.empty.index) / 2)
    after = (cut for cut in cuts if (fade.filled.index + end.index) / 2 <= cut.index < end.index)
    return max(before, default=start), min(after, default=end)


def _half_fades(
    fade: Fade, begins: Sequence[Instant], ends: Sequence[Instant]
) -> Iterator[tuple[Instant, Instant]]:
    """Yields the span in which a picture only fades out or in, where its blackness ends or begins at once.

    Args:
        fade: What was found.
        begins: Where black or white may begin at once.
        ends: Where it may end so.
    """

    def bounded(edges: Sequence[Instant]) -> bool:
        return any(fade.empty.index - 1 <= edge.index <= fade.filled.index + 1 for edge in edges)

    if fade.start is not None and fade.end is None and bounded(ends):
        yield fade.start, fade.emptiest
    if fade.end is not None and fade.start is None and bounded(begins):
        yield fade.filling, fade.end


def _is_clear(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return all(end <= taken_start or start >= taken_end for taken_start, taken_end in taken)
