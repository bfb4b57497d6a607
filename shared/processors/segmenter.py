"""Strategy: finding spans in one pass over the pictures and the sound."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.strategy import Strategy

__all__ = ["Segmenter"]


class Segmenter(Strategy, ABC):
    """Finds segments while the stage streams the video past it once, in time order.

    The stage calls start(), then observe_frame() for every source frame, of which sound alone has none, then
    observe_audio() once if there is sound, then finish(). State must not grow with the video's length beyond the
    segments themselves.
    Entry-point group ``automations.segmenters``. Of ``pictures`` and ``sound``, ``inputs`` says which it is shown;
    ``outputs`` are kinds of segments.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"pictures", "sound"})

    def start(self, media: MediaInfo) -> None:
        """Prepares for a video. The default does nothing."""

    def observe_frame(self, frame: Frame) -> None:
        """Looks at one frame: small (about 160 pixels wide), RGB, with its source index and time."""

    def observe_audio(self, audio: Path) -> None:
        """Listens to the sound: WAV, 16 kHz, mono, 16 bit, time 0 = the source's time 0."""

    @abstractmethod
    def finish(self) -> Sequence[Segment]:
        """Returns the segments found, in time order, indexed from 0 within each kind."""
