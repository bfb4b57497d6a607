"""What stands in the picture, from when to when."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import ClassVar, Final

import cv2
import numpy as np

from functions.analyze.reading.appearances import joined, told_of
from functions.analyze.reading.languages import main_language
from functions.analyze.reading.lines import Reading, coverage
from functions.analyze.reading.novelty import Novelty
from functions.analyze.reading.patches import Gray, outlines
from functions.analyze.reading.qr_codes import read_qr_codes
from functions.analyze.reading.schedule import Schedule, TimeBudget
from functions.analyze.reading.tracker import Appearance, TextTracker
from shared.domain.records import Finding
from shared.ports.media_tool import Frame
from shared.ports.text_reader import TextReader
from shared.processors.analyzer import READABLE_SIDE, AnalysisInput, Analyzer
from shared.processors.strategy import StrategyPorts

__all__ = ["TextAnalyzer"]

_LOOK_EVERY_S: Final = 0.2
_FOLLOWED_SIDE: Final = 360
_TIME_SHARE: Final = 1 / 2  # of what is left when it begins; the rest is for the analyzers that follow
_WATCHED_SHARE: Final = 3 / 4  # of that, for decoding and following
_PIXELS_A_SECOND: Final = 4e8  # that a core decodes and looks at
_MIN_CONFIDENCE: Final = 0.7  # what is read with less is texture, not text


class TextAnalyzer(Analyzer):
    """Reads the pictures in which something new stands, and follows each line in those between.

    Five pictures a second are looked at. A line is one finding, from the first of them that shows it to the last.
    So is what a QR code says. Which language the lines are in is another, where they are enough to tell.
    """

    name: ClassVar[str] = "text"
    version: ClassVar[str] = "2"

    def __init__(self, ports: StrategyPorts) -> None:
        self._reader = ports.text_reader
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        if not video.keyframes:
            return
        budget = TimeBudget(video.session, _TIME_SHARE)
        watch = _Watch(self._reader, video, budget)
        appearances: list[Appearance] = []
        with closing(self._frames(video, budget)) as frames:
            for frame in frames:
                appearances += watch.observe(frame)
                if budget.is_spent:
                    break
        appearances += watch.finish()
        version = f"{self.version} {self._reader.name} {self._reader.version}"
        found = [told_of(appearance, video.keyframes, self.name, version) for appearance in joined(appearances)]
        yield from found
        yield from main_language(found)

    def _frames(self, video: AnalysisInput, budget: TimeBudget) -> Generator[Frame]:
        stream = video.media.video[0]
        size = _readable_size(stream.display_size)
        if stream.expected_frames * size[0] * size[1] <= budget.seconds * _WATCHED_SHARE * _PIXELS_A_SECOND:
            yield from self._media_tool.frames(video.pictures(), size, video.session, every_s=_LOOK_EVERY_S)
            return
        video.caveat(
            "text_roughly_timed",
            "Text was looked for in key frames only, about every two seconds: the stage's time would run out.",
        )
        yield from self._media_tool.key_frames(video.pictures(), size, video.session)


class _Watch:
    """Looks at one video, picture by picture."""

    def __init__(self, reader: TextReader, video: AnalysisInput, budget: TimeBudget) -> None:
        self._reader, self._video, self._budget = reader, video, budget
        self._tracker, self._novelty = TextTracker(), Novelty()
        times_s = (key.shot.keyframe_s for key in video.keyframes)
        self._schedule = Schedule(time_s for time_s in times_s if time_s is not None)
        self._read = self._passed_over = 0
        self._last_s = 0.0

    def observe(self, frame: Frame) -> Iterator[Appearance]:
        """Looks at a picture, reads it if need be; yields the lines that have gone."""
        self._last_s = frame.time_s
        gray = np.asarray(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        small = _small(gray)
        outline = outlines(small)
        yield from self._tracker.observe(frame.time_s, outline)
        self._novelty.observe(frame.time_s, small, outline, self._tracker.certain)
        fraction = min(frame.time_s / self._video.media.duration_s, 1.0)
        if self._schedule.is_due(frame.time_s, self._novelty, self._tracker):
            if self._budget.allows(fraction):
                yield from self._tracker.take(self._readings(frame, gray))
                self._read += 1
            else:
                self._passed_over += 1
            self._novelty.note_reading()
            self._schedule.note_reading(frame.time_s)
        self._video.session.progress(fraction)

    def finish(self) -> Iterator[Appearance]:
        """Yields the lines that are there until the end, and tells people what was left out."""
        stopped = self._budget.is_spent
        yield from self._tracker.finish(self._last_s if stopped else self._video.media.duration_s)
        if self._passed_over or stopped:
            until = f" up to {self._last_s:.0f} s" if stopped else ""
            self._video.caveat(
                "text_partly_read",
                f"Text was read in {self._read} of {self._read + self._passed_over} pictures{until} in which "
                "there may be some: the stage's time would have run out.",
            )

    def _readings(self, frame: Frame, gray: Gray) -> Sequence[Reading]:
        path = self._video.folder / f"at-{frame.time_s:.3f}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
        codes = read_qr_codes(gray, frame.time_s)
        lines = [
            Reading(name="text", text=line.text, confidence=line.confidence, box=line.box, time_s=frame.time_s)
            for line in self._reader.read(path)
            if line.confidence >= _MIN_CONFIDENCE and sum(map(str.isalnum, line.text)) > 1
        ]
        path.unlink()
        # The pattern of a code looks like small letters.
        return [*codes, *(one for one in lines if all(coverage(one.box, code.box) < 0.5 for code in codes))]


def _readable_size(display: tuple[int, int]) -> tuple[int, int]:
    scale = min(READABLE_SIDE / min(display), 1.0)
    width, height = (max(int(side * scale) // 2 * 2, 2) for side in display)
    return width, height


def _small(gray: Gray) -> Gray:
    scale = _FOLLOWED_SIDE / min(gray.shape)
    if scale >= 1:
        return gray
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
