"""Silence: spans in which there is nothing to hear."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from functions.segment.sound import sound_levels
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.processors.segmenter import Segmenter

__all__ = ["SilenceSegmenter"]

_WINDOW_S = 0.02
_MIN_LENGTH_S = 0.5

_LEVEL = 10 ** (-50 / 20)
"""RMS of full scale, -50 dBFS: above dither, codec noise and a quiet converter, below a whisper."""


class SilenceSegmenter(Segmenter):
    """Finds spans of at least 0.5 s that stay below -50 dBFS; a video without sound has none."""

    name: ClassVar[str] = "silence"
    version: ClassVar[str] = "1"

    def start(self, media: MediaInfo) -> None:
        self._duration_s = media.duration_s
        self._spans: list[tuple[float, float]] = []

    def observe_audio(self, audio: Path) -> None:
        since, position = None, 0
        for levels in sound_levels(audio, _WINDOW_S):
            quiet = levels < _LEVEL
            for offset in np.flatnonzero(np.diff(quiet, prepend=since is not None)):
                if since is None:
                    since = position + int(offset)
                else:
                    self._add(since, position + int(offset))
                    since = None
            position += len(levels)
        if since is not None:
            self._add(since, position)

    def finish(self) -> Sequence[Segment]:
        return [
            Segment(
                kind="silence",
                index=index,
                start_s=start_s,
                end_s=end_s,
                producer=self.name,
                producer_version=self.version,
            )
            for index, (start_s, end_s) in enumerate(self._spans)
        ]

    def _add(self, first: int, end: int) -> None:
        start_s, end_s = first * _WINDOW_S, min(end * _WINDOW_S, self._duration_s)
        if end_s - start_s >= _MIN_LENGTH_S:
            self._spans.append((start_s, end_s))
