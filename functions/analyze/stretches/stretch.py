"""A part of a video in which something holds, and how such parts are collected."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Collector", "Stretch", "certainty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a video.

    Attributes:
        name: What holds, as findings are called.
        start_s: First instant.
        end_s: First instant after it.
        value: How much of it.
        confidence: 0..1.
    """

    name: str
    start_s: float
    end_s: float
    value: float
    confidence: float


def certainty(measured: float, threshold: float) -> float:
    """Returns the confidence in what begins at a threshold: 0.5 there, and 0.95 from twice as much on."""
    return min(max(0.5 + 0.45 * (measured - threshold) / threshold, 0.0), 0.95)


class Collector:
    """Makes stretches of pictures that follow each other.

    Args:
        name: What holds.
        least_s: Seconds that count at least.
    """

    def __init__(self, name: str, least_s: float) -> None:
        self.found: list[Stretch] = []
        self._name, self._least_s = name, least_s
        self._since_s: float | None = None
        self._value = self._confidence = 0.0
        self._count = 0

    def note(self, time_s: float, value: float | None, confidence: float = 1.0) -> None:
        """Takes the measure of the next picture, and how sure that is; None where it does not hold."""
        if value is None:
            self.close(time_s)
            return
        if self._since_s is None:
            self._since_s, self._value, self._confidence, self._count = time_s, 0.0, 0.0, 0
        self._value += value
        self._confidence += confidence
        self._count += 1

    def close(self, end_s: float) -> None:
        """Ends the stretch that there may be."""
        if self._since_s is not None and end_s - self._since_s >= self._least_s:
            stretch = Stretch(
                name=self._name,
                start_s=self._since_s,
                end_s=end_s,
                value=self._value / self._count,
                confidence=self._confidence / self._count,
            )
            self.found.append(stretch)
        self._since_s = None
