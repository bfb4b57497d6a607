"""For how long around its keyframe a shot has the keyframe's colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from functions.analyze.picture_measures import Picture, color_shares

__all__ = ["Colors"]

_MOST: Final = 3
_MAIN_SHARE: Final = 0.15
_EVERY_S: Final = 0.2
_STAYING: Final = 0.5  # of the share that the colours have of the keyframe; less of them is another picture


@dataclass
class Colors:
    """The main colours of a keyframe, and the stretch around it that has them.

    Attributes:
        names: Of the colours, largest first; empty where none takes much of the picture.
        share: How much of the keyframe they take together, 0..1.
        at_s: When it is shown.
        start_s: First instant of the stretch.
        end_s: First instant after it; None as long as it goes on.
    """

    names: tuple[str, ...]
    share: float
    at_s: float
    start_s: float
    end_s: float | None = field(default=None, init=False)
    _next_s: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, keyframe: Picture, at_s: float, start_s: float) -> Colors:
        """Returns those of a keyframe, in blue, green and red, of a shot that starts at a time."""
        main = [pair for pair in color_shares(keyframe)[:_MOST] if pair[1] >= _MAIN_SHARE]
        share = min(sum(share for _, share in main), 1.0)
        return cls(tuple(name for name, _ in main), share, at_s, start_s)

    def observe(self, time_s: float, rgb: Picture) -> None:
        """Takes the shot's next picture; most are passed over."""
        if not self.names or self.end_s is not None or time_s < self._next_s:
            return
        self._next_s = time_s + _EVERY_S
        shares = dict(color_shares(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)))
        if sum(shares.get(name, 0.0) for name in self.names) >= _STAYING * self.share:
            return
        if time_s > self.at_s:
            self.end_s = time_s
        else:
            self.start_s = min(time_s + _EVERY_S, self.at_s)
