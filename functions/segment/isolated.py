"""Segmenters at work on one video: each is shown what it declares, and one from outside that fails ends alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shared.domain.media import END_SLACK_S, MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.isolation import Budget, Isolation
from shared.processors.segmenter import Segmenter
from shared.processors.stage import StageContext

__all__ = ["isolated"]


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
        self._works = True

    def start(self, media: MediaInfo) -> None:
        self._duration_s = media.duration_s
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
        for segment in self._segmenter.finish():
            if not 0.0 <= segment.start_s < segment.end_s <= self._duration_s + END_SLACK_S:
                raise ValueError(
                    f"a {segment.kind} from {segment.start_s} to {segment.end_s} s is not in the video"
                )
            yield segment

    def _do(self, work: Callable[[], None]) -> None:
        with self._isolation.contained(self._segmenter, otherwise=self._end), self._budget.spent():
            work()

    def _end(self) -> None:
        self._works = False
