"""Where pictures are out of focus, or full of noise."""

from __future__ import annotations

from typing import Final

from functions.analyze.picture_measures import Picture, noise, sharpness
from functions.analyze.stretches.stretch import Collector, Stretch, certainty

__all__ = ["Detail"]

_LEAST_S: Final = 3.0  # so that two pictures agree: one alone may be blurred by motion
_BLURRED: Final = 0.33  # sharpness; an encoder's block edges leave the worst blur about 0.3
_NOISY: Final = 0.03  # standard deviation of luma; film grain has less


class Detail:
    """Looks at pictures of full size some seconds apart; each stands for the time until the next.

    ``blurred`` has the mean sharpness; ``noisy`` the standard deviation of luma that noise makes.
    """

    def __init__(self) -> None:
        self._blurred, self._noisy = Collector("blurred", _LEAST_S), Collector("noisy", _LEAST_S)

    @property
    def found(self) -> list[Stretch]:
        """What has ended."""
        return [*self._blurred.found, *self._noisy.found]

    def observe(self, time_s: float, bgr: Picture) -> None:
        """Looks at the next picture."""
        sharp = sharpness(bgr)
        blurred = sharp is not None and sharp <= _BLURRED
        self._blurred.note(time_s, sharp if blurred else None, certainty(2 * _BLURRED - (sharp or 0.0), _BLURRED))
        deviation = noise(bgr)
        self._noisy.note(time_s, deviation if deviation >= _NOISY else None, certainty(deviation, _NOISY))

    def close(self, end_s: float) -> None:
        """Ends the stretches that there may be."""
        self._blurred.close(end_s)
        self._noisy.close(end_s)
