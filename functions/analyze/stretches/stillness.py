"""Where the picture stands still: slides, titles, and pictures that hang."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

import numpy as np

from functions.analyze.picture_measures import BLACK, Luma
from functions.analyze.stretches.stretch import Stretch

__all__ = ["Stillness"]

_LEAST_S: Final = 1.0
_MEAN_CHANGE: Final = 0.006  # of luma; coding makes less
_CHANGED: Final = 0.06  # of luma, of one pixel
_CHANGED_SHARE: Final = 0.005  # of the pixels; a mouse pointer is less
_SAME: Final = 0.0005  # mean change from one picture to the next; noise alone, of any camera, makes more
_SAME_SHARE: Final = 0.7  # of the pictures; an encoder renews some of them
_LIVELY: Final = 0.004  # mean change, too
_AROUND_S: Final = 0.5


class Stillness:
    """Compares pictures with the one that a stretch began with, so that slow movement is movement.

    ``still`` is any such stretch; its value is its length in seconds. ``frozen`` is one within a shot that moves
    right before and right after it, in which not even noise changes: the recording hung.
    """

    def __init__(self) -> None:
        self.found: list[Stretch] = []
        self._anchor: tuple[float, Luma] | None = None
        self._last: tuple[float, Luma] | None = None
        self._deviation = 0.0
        self._steps = self._same = 0
        self._changes: deque[tuple[float, float]] = deque()
        self._suspect: Stretch | None = None
        self._moved_before = False

    def begin_shot(self, time_s: float) -> None:
        """Takes note that the next picture begins a shot."""
        self.close(time_s)
        self._suspect = self._anchor = self._last = None
        self._changes.clear()

    def observe(self, time_s: float, picture: Luma) -> None:
        """Looks at the next picture; black ones are no still, but nothing."""
        if float(picture.max()) <= BLACK:
            self.close(time_s)
            self._anchor = self._last = None
            return
        if self._anchor is None or self._last is None:
            self._anchor = self._last = (time_s, picture)
            self._deviation, self._steps, self._same = 0.0, 0, 0
            return
        change = float(np.abs(picture - self._last[1]).mean())
        self._note_change(time_s, change)
        difference = np.abs(picture - self._anchor[1])
        mean = float(difference.mean())
        if mean <= _MEAN_CHANGE and float((difference > _CHANGED).mean()) <= _CHANGED_SHARE:
            self._deviation = max(self._deviation, mean)
            self._steps += 1
            self._same += change <= _SAME
        else:
            self.close(time_s)
            self._anchor, self._deviation, self._steps, self._same = (time_s, picture), 0.0, 0, 0
            self._moved_before = self._moves(time_s)
        self._last = (time_s, picture)

    def close(self, end_s: float) -> None:
        """Ends the stretch that there may be."""
        if self._anchor is None or end_s - self._anchor[0] < _LEAST_S:
            return
        length_s = end_s - self._anchor[0]
        still = Stretch(
            name="still",
            start_s=self._anchor[0],
            end_s=end_s,
            value=length_s,
            confidence=0.95 - 0.45 * self._deviation / _MEAN_CHANGE,
        )
        self.found.append(still)
        if self._moved_before and self._same >= _SAME_SHARE * self._steps:
            self._suspect = still

    def _note_change(self, time_s: float, change: float) -> None:
        self._changes.append((time_s, change))
        while time_s - self._changes[0][0] > _AROUND_S:
            self._changes.popleft()
        suspect = self._suspect
        if suspect is not None and time_s - suspect.end_s >= _AROUND_S:
            self._suspect = None
            if self._moves(time_s):
                self.found.append(
                    Stretch(
                        name="frozen",
                        start_s=suspect.start_s,
                        end_s=suspect.end_s,
                        value=suspect.value,
                        confidence=0.9 - 0.4 * self._deviation_of(suspect),
                    )
                )

    def _moves(self, time_s: float) -> bool:
        """Whether there was movement in the last moment."""
        changes = [change for at_s, change in self._changes if time_s - at_s <= _AROUND_S]
        return bool(changes) and median(changes) >= _LIVELY

    def _deviation_of(self, still: Stretch) -> float:
        return (0.95 - still.confidence) / 0.45
