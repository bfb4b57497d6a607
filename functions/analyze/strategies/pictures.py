"""How the pictures of each shot look and move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import cv2
import numpy as np
import numpy.typing as npt

from functions.analyze.picture_measures import color_shares, luma, sharpness
from shared.domain.errors import TransientError
from shared.domain.records import Finding, ObjectRef, Segment
from shared.ports.media_tool import Frame
from shared.processors.analyzer import AnalysisInput, Analyzer, Keyframe
from shared.processors.strategy import StrategyPorts

__all__ = ["PicturesAnalyzer"]

_SAMPLE_EVERY_S: Final = 0.1  # the same for every frame rate, so that motion can be compared
_ROUNDING_S: Final = 0.001
_LONG_SIDE: Final = 160
_MAIN_COLORS: Final = 3
_MAIN_COLOR_SHARE: Final = 0.15


@dataclass
class _Meter:
    """What is known of the shot that streams by; its size does not depend on the shot's length."""

    shot: Segment
    pictures: int = 0
    brightness: float = 0.0
    changes: int = 0
    change: float = 0.0
    last_s: float = 0.0
    last: npt.NDArray[np.float32] | None = None

    def observe(self, frame: Frame) -> None:
        if self.last is not None and frame.time_s < self.last_s + _SAMPLE_EVERY_S - _ROUNDING_S:
            return
        picture = luma(frame.rgb)
        self.pictures += 1
        self.brightness += float(picture.mean())
        if self.last is not None:
            self.changes += 1
            self.change += float(np.abs(picture - self.last).mean())
        self.last_s, self.last = frame.time_s, picture


class PicturesAnalyzer(Analyzer):
    """Measures motion and brightness over all of a shot, sharpness and colours on its keyframe."""

    name: ClassVar[str] = "pictures"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        for keyframe in video.keyframes:
            yield from self._look_at(keyframe)
        frames = {keyframe.shot.index: keyframe.object for keyframe in video.keyframes}
        for meter in self._watch(video):
            yield from self._measured(meter, frames.get(meter.shot.index))

    def _look_at(self, keyframe: Keyframe) -> Iterator[Finding]:
        picture = cv2.imread(str(keyframe.path))
        if picture is None:
            raise TransientError("picture_unreadable", "A keyframe can't be read; trying again.")
        detail = sharpness(picture)
        if detail is not None:
            yield self._finding("sharpness", detail, keyframe.shot, keyframe.object)
        main = [pair for pair in color_shares(picture)[:_MAIN_COLORS] if pair[1] >= _MAIN_COLOR_SHARE]
        if main:
            names = tuple(name for name, _ in main)
            share = min(sum(share for _, share in main), 1.0)
            yield self._finding("dominant_colors", names, keyframe.shot, keyframe.object, share)

    def _watch(self, video: AnalysisInput) -> Iterator[_Meter]:
        shots = iter([segment for segment in video.segments if segment.kind == "shot"])
        shot = next(shots, None)
        if shot is None or video.proxy is None:
            return
        meter = _Meter(shot)
        size = video.media.video[0].thumbnail_size(_LONG_SIDE)
        for frame in self._media_tool.frames(video.proxy, size, video.session):
            while frame.time_s >= meter.shot.end_s - _ROUNDING_S and (shot := next(shots, None)):
                yield meter
                meter = _Meter(shot)
            meter.observe(frame)
            video.session.progress(min(frame.time_s / video.media.duration_s, 1.0))
        yield meter

    def _measured(self, meter: _Meter, frame: ObjectRef | None) -> Iterator[Finding]:
        if meter.pictures:
            yield self._finding("brightness", meter.brightness / meter.pictures, meter.shot, frame)
        if meter.changes:
            yield self._finding("motion", meter.change / meter.changes, meter.shot, frame)

    def _finding(
        self,
        name: str,
        value: float | tuple[str, ...],
        shot: Segment,
        frame: ObjectRef | None,
        confidence: float = 1.0,
    ) -> Finding:
        return Finding(
            name=name,
            modality="picture",
            value=value,
            start_s=shot.start_s,
            end_s=shot.end_s,
            confidence=confidence,
            producer=self.name,
            producer_version=self.version,
            shot=shot.index,
            frame=frame,
        )
