"""Videos that are drawn: captions over a landscape that the camera pans over, their times and places known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from shared.ports.text_reader import TextLine

__all__ = ["COLUMNS", "ROWS", "Caption", "DrawnVideo", "KnowingReader", "Picture", "landscape", "plain"]

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(rows, columns, 3) of BGR."""

COLUMNS, ROWS = 640, 360
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A line of white letters.

    Attributes:
        text: What it says.
        start_s: When it is first shown.
        end_s: When it is not shown any more.
        left: Pixels from the left edge.
        baseline: Pixels from the upper edge when it is first shown.
        scale: Of its letters; 1 is about 22 pixels high.
        rises: Pixels a second.
        fade_s: Seconds that it takes to appear and to go, within its time.
    """

    text: str
    start_s: float
    end_s: float
    left: int = 60
    baseline: int = 320
    scale: float = 1.0
    rises: float = 0.0
    fade_s: float = 0.0

    def opacity(self, time_s: float) -> float:
        """Returns how much of it is seen, 0..1."""
        if not self.start_s <= time_s < self.end_s:
            return 0.0
        if not self.fade_s:
            return 1.0
        return min((time_s - self.start_s) / self.fade_s, (self.end_s - time_s) / self.fade_s, 1.0)

    def height(self, time_s: float) -> int:
        """Returns where its baseline is."""
        return self.baseline - round(self.rises * (time_s - self.start_s))

    def draw(self, picture: Picture, time_s: float) -> Picture:
        """Returns a picture with the caption on it."""
        share = self.opacity(time_s)
        if not share:
            return picture
        written = picture.copy()
        place = (self.left, self.height(time_s))
        cv2.putText(written, self.text, place, _FONT, self.scale, (255, 255, 255), 2, cv2.LINE_AA)
        return np.asarray(cv2.addWeighted(written, share, picture, 1 - share, 0), np.uint8)

    def line(self, time_s: float) -> TextLine | None:
        """Returns what a reader sees of it; None when it is not there, or not all of it."""
        (width, height), depth = cv2.getTextSize(self.text, _FONT, self.scale, 2)
        top, bottom = self.height(time_s) - height - 2, self.height(time_s) + depth
        if self.opacity(time_s) < 0.3 or top < 0 or bottom > ROWS:
            return None
        box = (self.left / COLUMNS, top / ROWS, width / COLUMNS, (bottom - top) / ROWS)
        return TextLine(text=self.text, confidence=0.99, box=box)


def plain(level: int) -> Callable[[float], Picture]:
    """Returns what shows the same even grey at all times."""
    return lambda _: np.full((ROWS, COLUMNS, 3), level, np.uint8)


def landscape(seed: int, speed: float) -> Callable[[float], Picture]:
    """Returns what shows, at a time, a part of something colourful.

    Args:
        seed: Chooses what.
        speed: Pixels a second that the camera pans.
    """
    rng = np.random.default_rng(seed)
    wide = np.full((ROWS, 3 * COLUMNS, 3), 110, np.float32)
    for size, strength in ((120, 45), (40, 30), (12, 15)):
        grid = rng.normal(0, strength, (ROWS // size + 2, 3 * COLUMNS // size + 2, 3)).astype(np.float32)
        wide += cv2.resize(grid, (3 * COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)
    whole = np.clip(wide, 0, 255).astype(np.uint8)

    def at(time_s: float) -> Picture:
        left = round(abs((time_s * speed) % (4 * COLUMNS) - 2 * COLUMNS))
        return np.asarray(whole[:, left : left + COLUMNS], np.uint8)

    return at


@dataclass(frozen=True, slots=True)
class DrawnVideo:
    """What is behind, and what is written on it."""

    behind: Callable[[float], Picture]
    captions: Sequence[Caption] = ()

    def picture(self, time_s: float) -> Picture:
        """Returns what is shown at a time."""
        picture = self.behind(time_s)
        for caption in self.captions:
            picture = caption.draw(picture, time_s)
        return picture

    def frames(self, seconds: float, fps: int = 10) -> Sequence[tuple[float, Picture]]:
        """Returns times and RGB pictures of the beginning."""
        times = [index / fps for index in range(round(seconds * fps))]
        return [(time_s, np.ascontiguousarray(self.picture(time_s)[..., ::-1])) for time_s in times]


@dataclass
class KnowingReader:
    """Implements TextReader for pictures of a drawn video, whose files are named after their times.

    Args:
        video: What they show.
        times_s: The times of the pictures it was shown, in order.
    """

    video: DrawnVideo
    times_s: list[float] = field(default_factory=list)
    name: str = "knowing"
    version: str = "1"

    def read(self, image: Path) -> Sequence[TextLine]:
        time_s = float(image.stem.removeprefix("at-"))
        self.times_s.append(time_s)
        lines = [line for caption in self.video.captions if (line := caption.line(time_s))]
        return sorted(lines, key=lambda line: (line.box[1], line.box[0]))
