"""Music: spans in which notes are held and change, or a beat is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from functions.segment.musicality import likeness, spans_of_music
from functions.segment.tones import CELL_S, cells
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.processors.segmenter import Segmenter

__all__ = ["MusicSegmenter"]

_MIN_LENGTH_S = 3.0


class MusicSegmenter(Segmenter):
    """Finds spans of at least 3 s with music in them, below speech too; a video without sound has none."""

    name: ClassVar[str] = "music"
    version: ClassVar[str] = "1"

    def start(self, media: MediaInfo) -> None:
        self._duration_s = media.duration_s
        self._found: list[Segment] = []

    def observe_audio(self, audio: Path) -> None:
        for first, end, confidence in spans_of_music(likeness(list(cells(audio)))):
            start_s, end_s = first * CELL_S, min(end * CELL_S, self._duration_s)
            if end_s - start_s >= _MIN_LENGTH_S:
                self._found.append(
                    Segment(
                        kind="music",
                        index=len(self._found),
                        start_s=start_s,
                        end_s=end_s,
                        confidence=confidence,
                        producer=self.name,
                        producer_version=self.version,
                    )
                )

    def finish(self) -> Sequence[Segment]:
        return self._found
