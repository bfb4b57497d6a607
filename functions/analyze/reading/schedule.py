"""When to read: reading a picture takes longer than everything else that is done with a second of video."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from functions.analyze.reading.novelty import Novelty
from functions.analyze.reading.tracker import TextTracker
from shared.ports.tool_session import ToolSession

__all__ = ["Schedule", "TimeBudget"]

_SETTLED_S: Final = 0.35  # what appears or goes takes a moment; two readings within it would see the same
_A_SECOND: Final = 2.0  # readings on average where something happens all the time
_AT_ONCE: Final = 8.0
_LOOK_EVERY_S: Final = (
    4.0  # what never stands still, such as a sign that the camera passes, is there about as long
)
_IN_MOTION_S: Final = 1.0  # scrolled text stays for seconds, but each of its lines begins at another time
_NEAR_S: Final = 0.1
_HEAD_START: Final = 0.1


class Schedule:
    """Decides from what is seen for nothing whether a picture is worth reading.

    Args:
        key_s: Times of pictures that stand for others, in order; each is read unless nothing has changed.
    """

    def __init__(self, key_s: Iterable[float]) -> None:
        self._key_s = deque(key_s)
        self._is_key = False
        self._saved = _AT_ONCE
        self._last_s: float | None = None
        self._read_s: float | None = None

    def is_due(self, time_s: float, novelty: Novelty, tracker: TextTracker) -> bool:
        """Says whether the picture shown at a time, which the others have observed, should be read."""
        passed_s = time_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = time_s
        self._saved = min(self._saved + passed_s * _A_SECOND, _AT_ONCE)
        while self._key_s and self._key_s[0] <= time_s + _NEAR_S:
            self._key_s.popleft()
            self._is_key = True
        if self._read_s is None:
            return self._is_key or novelty.is_new
        since_s = time_s - self._read_s
        if since_s >= _SETTLED_S and self._saved >= 1 and (novelty.is_new or tracker.in_doubt):
            return True
        every_s = _IN_MOTION_S if tracker.in_motion else _LOOK_EVERY_S
        return (self._is_key or since_s >= every_s) and novelty.is_altered

    def note_reading(self, time_s: float) -> None:
        """Takes note that a picture has been read."""
        self._read_s, self._is_key = time_s, False
        self._saved -= 1


class TimeBudget:
    """Spreads the time that there is for reading over the video.

    Args:
        session: Knows how much time is left.
        share: Of what is left now, how much may be spent.
    """

    def __init__(self, session: ToolSession, share: float) -> None:
        self._session = session
        self._begin_s = session.remaining_s()
        self.seconds = self._begin_s * share

    @property
    def is_spent(self) -> bool:
        """Whether all of it has been spent."""
        return self._begin_s - self._session.remaining_s() > self.seconds

    def allows(self, fraction: float) -> bool:
        """Says whether no more has been spent than is due after a fraction of the video."""
        spent_s = self._begin_s - self._session.remaining_s()
        return spent_s <= self.seconds * (_HEAD_START + (1 - _HEAD_START) * fraction)
