"""Noticing that something may have been written into the picture, without reading it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from functions.analyze.reading.patches import Area, Gray

__all__ = ["Novelty"]

_OUTLINE: Final = 40  # of 255; letters that are to be read stand out by more
_SAME: Final = 8  # levels of luma that noise and coding change
_DIFFERENT: Final = 20
_CELL: Final = 12  # pixels; one or two letters
_WRITTEN: Final = 0.12  # of a cell's pixels; writing is denser than most things
_FEWEST: Final = 3  # cells
_MARGIN: Final = 3
_LONG_S: Final = 0.4  # what is shown for so long is seen, even if the next picture is another
_ALTERED: Final = 1.5  # levels of mean luma by which a picture is another one


class Novelty:
    """Compares each picture with the one before and with the one that was read last.

    Writing stands still for a while, even where what is behind it does not: pixels on an outline that are what
    they were a moment ago, but not what they were at the last reading, are new. Footage that moves has none.
    """

    def __init__(self) -> None:
        self._before: tuple[float, Gray] | None = None
        self._picture: Gray | None = None
        self._read: Gray | None = None
        self.is_new = False

    def observe(self, time_s: float, gray: Gray, outlines: Gray, known: Iterable[Area] = ()) -> None:
        """Looks at the next picture; says by ``is_new`` whether something new stands in it.

        Args:
            time_s: When it is shown.
            gray: Its luma.
            outlines: Its outlines.
            known: Where it shows what has been read already; that is not new, though what is behind it may be.
        """
        before, self._before = self._before, (time_s, gray)
        self._picture = gray
        if before is None:
            self.is_new = False
            return
        new = outlines >= _OUTLINE
        if time_s - before[0] < _LONG_S:
            new &= cv2.absdiff(gray, before[1]) <= _SAME
        if self._read is not None:
            new &= cv2.absdiff(gray, self._read) > _DIFFERENT
        for x, y, width, height in known:
            new[max(y - _MARGIN, 0) : y + height + _MARGIN, max(x - _MARGIN, 0) : x + width + _MARGIN] = False
        self.is_new = _looks_written(new)

    def note_reading(self) -> None:
        """Takes what the picture shows for known."""
        self._read = self._picture

    @property
    def is_altered(self) -> bool:
        """Whether the picture is another one than that which was read last."""
        if self._read is None or self._picture is None:
            return True
        return float(cv2.absdiff(self._picture, self._read).mean()) > _ALTERED


def _looks_written(new: np.typing.NDArray[np.bool_]) -> bool:
    rows, columns = new.shape[0] // _CELL, new.shape[1] // _CELL
    if not rows or not columns:
        return False
    cells = new[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL)
    written = cells.sum(axis=(1, 3)) >= _WRITTEN * _CELL**2
    beside = written[:, 1:] & written[:, :-1]  # letters don't stand alone
    return bool(beside.any()) and int(written.sum()) >= _FEWEST
