"""Where the picture does not fill the frame: bars above and below it, or on both sides."""

from __future__ import annotations

from typing import Final

import numpy as np

from functions.analyze.picture_measures import BLACK, Luma
from functions.analyze.stretches.stretch import Stretch

__all__ = ["Bars"]

_LEAST_SHARE: Final = 0.03  # of the height, or width: less is the edge of a badly cut picture
_FULL: Final = 0.6  # share of the line beside a bar that has to show something; a title's letters don't
_SHOWN: Final = 0.5  # share of the frame that has to be left: what shows less is dark
_TOLERANCE: Final = 0.035  # a line of the proxy above, and one below


class Bars:
    """Remembers of each shot how bright each pixel became at most: bars are what never was.

    ``letterbox`` and ``pillarbox`` have the share of the height, or the width, that both bars take together. They
    go from shot to shot, for a dark shot does not show where its bars begin.
    """

    def __init__(self) -> None:
        self.found: list[Stretch] = []
        self._brightest: Luma | None = None
        self._start_s = 0.0
        self._open: dict[str, Stretch] = {}

    def begin_shot(self, time_s: float) -> None:
        """Takes note that the next picture begins a shot."""
        self._end_shot(time_s)
        self._start_s, self._brightest = time_s, None

    def observe(self, picture: Luma) -> None:
        """Looks at the next picture."""
        self._brightest = picture if self._brightest is None else np.maximum(self._brightest, picture)

    def finish(self, end_s: float) -> None:
        """Ends everything."""
        self._end_shot(end_s)
        self.found += self._open.values()
        self._open.clear()

    def _end_shot(self, end_s: float) -> None:
        if self._brightest is None:
            return
        lit = self._brightest > BLACK
        for name, share in (("letterbox", _bars(lit)), ("pillarbox", _bars(lit.T))):
            self._note(name, share, end_s)

    def _note(self, name: str, share: float | None, end_s: float) -> None:
        """Takes the share that bars take of a shot; None where that can't be seen."""
        before = self._open.pop(name, None)
        if before is not None and (share is None or abs(share - before.value) <= _TOLERANCE):
            value = before.value if share is None else min(share, before.value)
            self._open[name] = _lasting(before, end_s, value)
            return
        if before is not None:
            self.found.append(before)
        if share:
            self._open[name] = Stretch(name=name, start_s=self._start_s, end_s=end_s, value=share, confidence=0.9)


def _lasting(stretch: Stretch, end_s: float, value: float) -> Stretch:
    return Stretch(
        name=stretch.name, start_s=stretch.start_s, end_s=end_s, value=value, confidence=stretch.confidence
    )


def _bars(lit: np.typing.NDArray[np.bool_]) -> float | None:
    """Returns the share that bars above and below take, 0 if there are none, None if it is too dark to say."""
    rows = np.flatnonzero(lit.any(axis=1))
    if not len(rows):
        return None
    first, last, height = int(rows[0]), int(rows[-1]), len(lit)
    above, below = first, height - 1 - last
    bar = min(above, below)
    if bar < _LEAST_SHARE * height:
        return 0.0
    # The line at a bar's edge may be mixed with it; the next one is not.
    beside = lit[min(first + 1, last)] if above <= below else lit[max(last - 1, first)]
    if float(beside.mean()) < _FULL or last - first < _SHOWN * height:
        return None
    return 2 * bar / height
