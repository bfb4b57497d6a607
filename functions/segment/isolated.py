"""Segmenters at work on one video: each is shown what it declares, and one from outside that fails ends alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.domain.media import END_SLACK_S, MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.isolation import Budget, Isolation
from shared.processors.segmenter import Segmenter
from shared.processors.stage import StageContext

__all__ = ["isolated"]

_SAME_S: Final = 1e-6  # what adding up may make of one instant


def isolated(segmenter: Segmenter, context: StageContext) -> Segmenter:
    """Returns a segmenter as it may be shown a video.

    One of the product that looks at everything is that itself: it is called for every frame.
    """
    if not segmenter.package and segmenter.inputs == Segmenter.inputs:
        return segmenter
    return _IsolatedSegmenter(segmenter, context)


class _IsolatedSegmenter(Segmenter):
    def __init__(self, segmenter: Segmenter, context: StageContext) -> None:
        self._segmenter = segmenter
        self._isolation = Isolation(context)
        self._budget = Budget(segmenter, context.remaining_s)
        self._duration_s = 0.0
        self._works = self._isolation.takes_part(segmenter)

    def start(self, media: MediaInfo) -> None:
        self._duration_s = media.duration_s
        if self._works:
            self._do(lambda: self._segmenter.start(media))

    def observe_frame(self, frame: Frame) -> None:
        if self._works and "pictures" in self._segmenter.inputs:
            self._do(lambda: self._segmenter.observe_frame(frame))

    def observe_audio(self, audio: Path) -> None:
        if self._works and "sound" in self._segmenter.inputs:
            self._do(lambda: self._segmenter.observe_audio(audio))

    def finish(self) -> Sequence[Segment]:
        if not self._works:
            return ()
        return self._isolation.results(self._segmenter, Segment, lambda _: self._found(), lambda found: found.kind)

    def _found(self) -> Iterator[Segment]:
        last: dict[str, Segment] = {}
        for segment in self._segmenter.finish():
            where = f"a {segment.kind} from {segment.start_s} to {segment.end_s} s"
            latest_s = min(segment.end_s, self._duration_s)
            if not (0.0 <= segment.start_s < latest_s and segment.end_s <= self._duration_s + END_SLACK_S):
                raise ValueError(f"{where} is not in the video")
            before = last.get(segment.kind)
            index, end_s = (before.index + 1, before.end_s) if before else (0, 0.0)
            if segment.index != index or segment.start_s < end_s - _SAME_S:
                raise ValueError(f"{where} is number {segment.index} and not {index}, or begins before {end_s} s")
            if segment.kind == "shot" and (segment.start_frame or 0) >= (segment.end_frame or 0):
                raise ValueError(f"{where} has no frames")
            last[segment.kind] = segment
            yield segment

    def _do(self, work: Callable[[], None]) -> None:
        with self._isolation.contained(self._segmenter, otherwise=self._end), self._budget.spent():
            work()

    def _end(self) -> None:
        self._works = False
