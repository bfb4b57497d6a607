"""What is remembered of the pictures: a few measures five times a second, not the pictures themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from functions.segment.shots.thumbnail import Planes, distance, thumbnails
from shared.ports.media_tool import Frame

__all__ = ["FLASH_S", "Colors", "PictureSamples", "Sample", "likeness_of_colors", "usual_colors"]

Colors: TypeAlias = npt.NDArray[np.float16]
"""How much of a picture has which colour and brightness; sums to 1."""

FLASH_S = 0.2
"""Seconds between samples: one of them lies in any shot that can be seen; a shorter one is a flash. Six hours take
25 MB."""

_DARK = 24.0
_EVEN = 5.0

_LUMA_EDGES = np.array([32, 64, 112, 160, 208], np.float32)
_COLOR_EDGES = np.array([-28, -7, 7, 28], np.float32)  # the middle one is grey, where coding noise lives


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame, measured.

    Attributes:
        time_s: Its presentation time.
        brightness: Mean luma, 0..255.
        contrast: Standard deviation of luma.
        sharpness: Mean step of luma from pixel to pixel.
        change: How far the picture is from the sample before, a second.
        colors: Its colours.
    """

    time_s: float
    brightness: float
    contrast: float
    sharpness: float
    change: float
    colors: Colors

    @property
    def shows_nothing(self) -> bool:
        """True for a black frame; dark pictures and titles on black have contrast."""
        return self.brightness < _DARK and self.contrast < _EVEN


class PictureSamples:
    """Collects samples while the frames go by."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._times_s: list[float] = []
        self._last: Planes | None = None

    def observe(self, frame: Frame) -> None:
        """Takes the next frame; most are passed over."""
        if self._times_s and frame.time_s - self._times_s[-1] < FLASH_S:
            return
        planes = thumbnails([frame])[0]
        change = 0.0
        if self._last is not None:
            change = distance(self._last, planes) / (frame.time_s - self._times_s[-1])
        luma = frame.rgb[..., 1].astype(np.float32)  # green is most of luma, and sharpest
        sample = Sample(
            time_s=frame.time_s,
            brightness=float(planes[..., 0].mean()),
            contrast=float(planes[..., 0].std()),
            sharpness=float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()),
            change=change,
            colors=_colors(planes),
        )
        self._samples.append(sample)
        self._times_s.append(frame.time_s)
        self._last = planes

    def __len__(self) -> int:
        return len(self._samples)

    def between(self, start_s: float, end_s: float) -> Sequence[Sample]:
        """Returns the samples in ``[start_s, end_s)``; the one nearest to its middle if none lies inside."""
        first, end = bisect_left(self._times_s, start_s), bisect_left(self._times_s, end_s)
        if first < end:
            return self._samples[first:end]
        middle_s = (start_s + end_s) / 2
        return [min(self._samples[max(first - 1, 0) : first + 1], key=lambda s: abs(s.time_s - middle_s))]


def likeness_of_colors(one: Colors, other: Colors) -> float:
    """Returns the part of two pictures that has the same colours, wherever they are in them, 0..1."""
    return float(np.minimum(one, other, dtype=np.float32).sum())


def usual_colors(samples: Sequence[Sample]) -> Colors:
    """Returns the mean of some samples' colours."""
    total = np.sum([sample.colors for sample in samples], axis=0, dtype=np.float32)
    return np.asarray(total / len(samples), np.float16)


def _colors(planes: Planes) -> Colors:
    colors, lumas = len(_COLOR_EDGES) + 1, len(_LUMA_EDGES) + 1
    cells = np.searchsorted(_LUMA_EDGES, planes[..., 0]) * colors**2
    cells += np.searchsorted(_COLOR_EDGES, planes[..., 1]) * colors
    cells += np.searchsorted(_COLOR_EDGES, planes[..., 2])
    return (np.bincount(cells.ravel(), minlength=lumas * colors**2) / cells.size).astype(np.float16)
