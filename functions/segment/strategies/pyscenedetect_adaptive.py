"""Shots as PySceneDetect's adaptive detector finds them: hard cuts only, with its own settings. The baseline."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scenedetect import AdaptiveDetector, FrameTimecode

from functions.segment.shots.changes import Change, segments
from functions.segment.shots.thumbnail import Instant
from functions.segment.timeline import end_of_picture_s
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter

__all__ = ["AdaptiveSegmenter"]


class AdaptiveSegmenter(Segmenter):
    """Finds shots by their hard cuts; they tile the video without gap or overlap."""

    name: ClassVar[str] = "pyscenedetect-adaptive"
    version: ClassVar[str] = "1"

    def start(self, media: MediaInfo) -> None:
        self._first: Instant | None = None
        self._cuts: list[Instant] = []
        if media.kind == "audio":
            return
        self._stream = media.video[0]
        self._detector = AdaptiveDetector()
        # It speaks of a frame once it has seen some of those after it.
        self._latest: deque[Instant] = deque(maxlen=self._detector.event_buffer_length + 1)

    def observe_frame(self, frame: Frame) -> None:
        at = Instant(frame.index, frame.time_s)
        self._first = self._first or at
        self._latest.append(at)
        # It counts in frames. What it takes of a rate is how many of them its shortest scene has.
        counted = FrameTimecode(frame.index, float(self._stream.fps))
        bgr = np.ascontiguousarray(frame.rgb[..., ::-1])
        for found in self._detector.process_frame(counted, bgr):
            self._cuts += [one for one in self._latest if one.index == found.frame_num]

    def finish(self) -> Sequence[Segment]:
        if self._first is None:
            return []
        last = self._latest[-1]
        end = Instant(last.index + 1, end_of_picture_s(self._stream, last.time_s))
        changes = (Change.cut(at) for at in self._cuts if at > self._first)
        return segments(changes, self._first, end, producer=self.name, version=self.version)
