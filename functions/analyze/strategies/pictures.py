"""How the pictures of each shot look and move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import ClassVar, Final

import cv2
import numpy as np

from functions.analyze.colors import Colors
from functions.analyze.focus import Focus
from functions.analyze.picture_measures import Luma, Picture, luma, sharpness
from functions.analyze.stretches.bars import Bars
from functions.analyze.stretches.detail import Detail
from functions.analyze.stretches.exposure import Exposure
from functions.analyze.stretches.stillness import Stillness
from functions.analyze.stretches.stretch import Stretch
from shared.domain.errors import TransientError
from shared.domain.records import Finding, ObjectRef, Segment
from shared.domain.timing import overlap
from shared.processors.analyzer import AnalysisInput, Analyzer, Keyframe
from shared.processors.strategy import StrategyPorts

__all__ = ["PicturesAnalyzer"]

_SAMPLE_EVERY_S: Final = 0.1  # the same for every frame rate, so that motion can be compared
_ROUNDING_S: Final = 0.001
_LONG_SIDE: Final = 160
_DETAIL_SIDE: Final = 1280
_WATCHED: Final = 0.9  # of the work


@dataclass
class _Meter:
    """What is known of the shot that streams by; its size does not depend on the shot's length."""

    shot: Segment
    pictures: int = 0
    brightness: float = 0.0
    changes: int = 0
    change: float = 0.0
    last_s: float = 0.0
    last: Luma | None = None
    focus: Focus = field(default_factory=Focus)

    def is_due(self, time_s: float) -> bool:
        return self.last is None or time_s >= self.last_s + _SAMPLE_EVERY_S - _ROUNDING_S

    def observe(self, time_s: float, picture: Luma) -> None:
        self.pictures += 1
        self.brightness += float(picture.mean())
        if self.last is not None:
            self.changes += 1
            self.change += float(np.abs(picture - self.last).mean())
        self.focus.observe(picture, self.last)
        self.last_s, self.last = time_s, picture


class _Watch:
    """Everything that is found while pictures stream by.

    Attributes:
        colors: By the shot's index.
    """

    def __init__(self) -> None:
        self.colors: dict[int, Colors] = {}
        self._stillness, self._bars, self._exposure = Stillness(), Bars(), Exposure()

    def begin_shot(self, time_s: float) -> None:
        self._stillness.begin_shot(time_s)
        self._bars.begin_shot(time_s)
        self._exposure.close(time_s)

    def observe(self, time_s: float, picture: Luma) -> None:
        self._stillness.observe(time_s, picture)
        self._bars.observe(picture)
        self._exposure.observe(time_s, picture)

    def finish(self, end_s: float) -> Sequence[Stretch]:
        self._stillness.close(end_s)
        self._bars.finish(end_s)
        self._exposure.close(end_s)
        stills = [one for one in self._stillness.found if one.name == "still"]
        # A page is as white as too much light is; but what a camera sees moves.
        exposed = [one for one in self._exposure.found if not any(overlap(one, still) for still in stills)]
        return [*self._stillness.found, *self._bars.found, *exposed]


class PicturesAnalyzer(Analyzer):
    """Measures each shot, and finds stretches in which something is wrong, or stands still.

    Motion, focus, brightness, stillness, bars and exposure come from one pass over the proxy; sharpness and
    colours from the keyframes; blur and noise from the key frames of a rendition, about two seconds apart.
    """

    name: ClassVar[str] = "pictures"
    version: ClassVar[str] = "4"

    def __init__(self, ports: StrategyPorts) -> None:
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        if not video.keyframes or video.proxy is None:
            return
        watch = _Watch()
        for keyframe in video.keyframes:
            picture = _picture(keyframe)
            detail = sharpness(picture)
            if detail is not None:
                yield self._finding("sharpness", detail, keyframe.shot, keyframe.object)
            shot = keyframe.shot
            at_s = shot.start_s if shot.keyframe_s is None else shot.keyframe_s
            watch.colors[shot.index] = Colors.of(picture, at_s, shot.start_s)
        frames = {keyframe.shot.index: keyframe.object for keyframe in video.keyframes}
        for meter in self._watch(video, video.proxy, watch):
            yield from self._measured(meter, frames.get(meter.shot.index))
        for keyframe in video.keyframes:
            yield from self._colors(watch.colors[keyframe.shot.index], keyframe)
        for stretch in (*watch.finish(video.media.duration_s), *self._detail(video)):
            yield self._found(stretch, video.keyframes)

    def _colors(self, colors: Colors, keyframe: Keyframe) -> Iterator[Finding]:
        if colors.names:
            shot, end_s = keyframe.shot, colors.end_s
            found = self._finding("dominant_colors", colors.names, shot, keyframe.object, colors.share)
            yield replace(found, start_s=colors.start_s, end_s=shot.end_s if end_s is None else end_s)

    def _watch(self, video: AnalysisInput, proxy: Path, watch: _Watch) -> Iterator[_Meter]:
        shots = iter(keyframe.shot for keyframe in video.keyframes)
        meter = _Meter(next(shots))
        watch.begin_shot(meter.shot.start_s)
        size = video.media.video[0].thumbnail_size(_LONG_SIDE)
        for frame in self._media_tool.frames(proxy, size, video.session):
            while frame.time_s >= meter.shot.end_s - _ROUNDING_S and (shot := next(shots, None)):
                yield meter
                meter = _Meter(shot)
                watch.begin_shot(shot.start_s)
            if meter.is_due(frame.time_s):
                picture = luma(frame.rgb)
                meter.observe(frame.time_s, picture)
                watch.observe(frame.time_s, picture)
            watch.colors[meter.shot.index].observe(frame.time_s, frame.rgb)
            video.session.progress(_WATCHED * min(frame.time_s / video.media.duration_s, 1.0))
        yield meter

    def _detail(self, video: AnalysisInput) -> Sequence[Stretch]:
        detail, shots = Detail(), iter(keyframe.shot for keyframe in video.keyframes)
        end_s = -inf
        stream = video.media.video[0]
        size = stream.thumbnail_size(min(_DETAIL_SIDE, max(stream.display_size)))
        for frame in self._media_tool.key_frames(video.pictures(), size, video.session):
            time_s = frame.time_s
            while time_s >= end_s - _ROUNDING_S and (shot := next(shots, None)):
                detail.close(shot.start_s)
                end_s, time_s = shot.end_s, shot.start_s
            detail.observe(time_s, np.asarray(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), np.uint8))
        detail.close(video.media.duration_s)
        return detail.found

    def _measured(self, meter: _Meter, frame: ObjectRef | None) -> Iterator[Finding]:
        if meter.pictures:
            yield self._finding("brightness", meter.brightness / meter.pictures, meter.shot, frame)
        if meter.changes:
            yield self._finding("motion", meter.change / meter.changes, meter.shot, frame)
        window = meter.focus.window()
        if window is not None:
            kept = f"{window.share:.0%} of what {'moves' if window.moves else 'stands out'} lies in this window"
            yield replace(
                self._finding("focus", window.share, meter.shot, frame), box=window.box, reason=f"{kept} of 9:16"
            )

    def _found(self, stretch: Stretch, keyframes: Sequence[Keyframe]) -> Finding:
        shown = [key for key in keyframes if stretch.start_s <= (key.shot.keyframe_s or 0.0) < stretch.end_s]
        return Finding(
            name=stretch.name,
            modality="picture",
            value=stretch.value,
            start_s=stretch.start_s,
            end_s=stretch.end_s,
            confidence=stretch.confidence,
            producer=self.name,
            producer_version=self.version,
            shot=shown[0].shot.index if shown else None,
            frame=shown[0].object if shown else None,
        )

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


def _picture(keyframe: Keyframe) -> Picture:
    picture = cv2.imread(str(keyframe.path))
    if picture is None:
        raise TransientError("picture_unreadable", "A keyframe can't be read; trying again.")
    return np.asarray(picture, np.uint8)
