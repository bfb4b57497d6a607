"""Black: spans in which the picture shows next to nothing, and nothing that can be read but in a corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

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

_LEGIBLE = 48
"""Level from which one can read what is written on black; less is noise, or still fading."""

_TITLE_SHARE = 0.001
"""Share of the picture that a title takes at least: two words, small letters, about 20 pixels of a proxy."""

_SOME_ROWS = 8
"""One row of so many is looked at first."""

_CORNER = 0.2
"""Part of either side in whose corners clocks and logos stand; what can be read elsewhere is a title."""


class BlackSegmenter(Segmenter):
    """Finds spans of near-black pictures of at least 0.1 s."""

    name: ClassVar[str] = "black"
    version: ClassVar[str] = "2"

    def start(self, media: MediaInfo) -> None:
        self._spans: list[tuple[float, float]] = []
        self._since_s: float | None = None
        self._last_s = 0.0
        if media.kind == "video":
            self._stream = media.video[0]

    def observe_frame(self, frame: Frame) -> None:
        black = _is_dark(frame.rgb) and not _has_title(frame.rgb)
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


def _is_dark(rgb: npt.NDArray[np.uint8]) -> bool:
    """Tells whether next to nothing of a picture is lit; some of its rows tell that of nearly all pictures."""
    most = (1 - _SHARE) * rgb.size
    return all(np.count_nonzero(rows > _LEVEL) <= most for rows in (rgb[::_SOME_ROWS], rgb))


def _has_title(rgb: npt.NDArray[np.uint8]) -> bool:
    """Tells whether something can be read on a black picture that is in none of its corners."""
    if rgb.max() <= _LEGIBLE:
        return False
    red, green, blue = (rgb[..., color] > _LEGIBLE for color in range(3))
    legible = red | green | blue  # numpy's own maximum over an axis so short takes twenty times as long
    corners = np.outer(*(_near_ends(side) for side in legible.shape))
    return bool(np.count_nonzero(legible & ~corners) >= max(_TITLE_SHARE * legible.size, 1))


def _near_ends(side: int) -> npt.NDArray[np.bool_]:
    places = (np.arange(side) + 0.5) / side
    return np.minimum(places, 1 - places) < _CORNER
