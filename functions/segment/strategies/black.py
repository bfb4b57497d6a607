"""Black: spans in which the picture shows next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from functions.segment.timeline import end_of_picture_s
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter

__all__ = ["BlackSegmenter"]

_MIN_LENGTH_S = 0.1

_LEVEL = 24
"""Largest red, green or blue, 0..255, that still is black: what noise and coding leave of it."""

_SHARE = 0.99
"""Share of the picture that must be black; the rest may be a clock or a logo."""


class BlackSegmenter(Segmenter):
    """Finds spans of near-black pictures of at least 0.1 s."""

    name: ClassVar[str] = "black"
    version: ClassVar[str] = "1"

    def start(self, media: MediaInfo) -> None:
        self._spans: list[tuple[float, float]] = []
        self._since_s: float | None = None
        self._last_s = 0.0
        if media.kind == "video":
            self._stream = media.video[0]

    def observe_frame(self, frame: Frame) -> None:
        black = np.count_nonzero(frame.rgb > _LEVEL) <= (1 - _SHARE) * frame.rgb.size
        if black and self._since_s is None:
            self._since_s = frame.time_s
        elif not black:
            self._close(frame.time_s)
        self._last_s = frame.time_s

    def finish(self) -> Sequence[Segment]:
        if self._since_s is not None:
            self._close(end_of_picture_s(self._stream, self._last_s))
        return [
            Segment(
                kind="black",
                index=index,
                start_s=start_s,
                end_s=end_s,
                producer=self.name,
                producer_version=self.version,
            )
            for index, (start_s, end_s) in enumerate(self._spans)
        ]

    def _close(self, end_s: float) -> None:
        if self._since_s is not None and end_s - self._since_s >= _MIN_LENGTH_S:
            self._spans.append((self._since_s, end_s))
        self._since_s = None
