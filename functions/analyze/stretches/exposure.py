"""Where a camera got too much light, or too little."""

from __future__ import annotations

from typing import Final

import numpy as np

from functions.analyze.picture_measures import BLACK, Luma
from functions.analyze.stretches.stretch import Collector, Stretch, certainty

__all__ = ["Exposure"]

_LEAST_S: Final = 1.5  # fades are shorter
_CLIPPED: Final = 0.98  # luma from which there is nothing but white
_CLIPPED_SHARE: Final = 0.25
_NEARLY: Final = 0.8
_NEARLY_SHARE: Final = 0.05  # light that is too much fades into what it blinds; a page ends where it ends
_DIM: Final = 0.2  # luma that hardly anything exceeds
_LIGHTS: Final = 0.01  # share of the pixels that may: a lamp


class Exposure:
    """Looks at how luma is spread.

    ``overexposed`` has the share of the picture that is white without any detail; ``underexposed`` the luma that
    99 of 100 pixels stay below. White pages and titles on black are neither.
    """

    def __init__(self) -> None:
        self._over, self._under = Collector("overexposed", _LEAST_S), Collector("underexposed", _LEAST_S)

    @property
    def found(self) -> list[Stretch]:
        """What has ended."""
        return [*self._over.found, *self._under.found]

    def observe(self, time_s: float, picture: Luma) -> None:
        """Looks at the next picture."""
        clipped = float((picture >= _CLIPPED).mean())
        nearly = float((picture >= _NEARLY).mean()) - clipped
        blinded = clipped >= _CLIPPED_SHARE and nearly >= _NEARLY_SHARE
        self._over.note(time_s, clipped if blinded else None, certainty(clipped, _CLIPPED_SHARE))
        brightest = float(np.quantile(picture, 1 - _LIGHTS))
        dim = BLACK < brightest <= _DIM
        self._under.note(time_s, brightest if dim else None, certainty(2 * _DIM - brightest, _DIM))

    def close(self, end_s: float) -> None:
        """Ends the stretches that there may be."""
        self._over.close(end_s)
        self._under.close(end_s)
