"""Hard cuts: a change of picture that is large, sudden, and stays."""

from __future__ import annotations

from collections import deque

from functions.segment.shots.thumbnail import Instant, Thumbnail, distance, likeness

__all__ = ["CutDetector"]

_MOTION_STEPS = 3
"""Steps on each side of a cut that tell how much the picture changes anyway."""

_CALM = 3.0
"""Distance that noise alone may make; keeps still pictures from turning a flicker into a cut."""

_THRESHOLD = 1.6
"""Score from which a change is a cut: unlikeness times the ratio of the change to the motion around it."""

_FLASH_S = 0.25
"""A picture that is back within this time never left: photographers' flashes, lightning, single bad frames."""

_MAX_REACH = 15


class CutDetector:
    """Finds hard cuts in a stream of thumbnails.

    A frame begins a shot when it differs from the one before much more than the frames around it differ from
    each other, and no frame of the next quarter second looks like the picture before.

    Args:
        fps: Mean frames a second.
    """

    def __init__(self, fps: float) -> None:
        self.cuts: list[Instant] = []
        self._reach = min(max(round(fps * _FLASH_S), _MOTION_STEPS), _MAX_REACH)
        self._window: deque[Thumbnail] = deque(maxlen=2 * self._reach + 2)
        self._steps: deque[float] = deque(maxlen=2 * self._reach + 2)
        self._last_score = 0.0

    def observe(self, thumbnail: Thumbnail) -> None:
        """Takes the next frame; decides about the one ``reach`` frames earlier."""
        window = self._window
        self._steps.append(distance(window[-1].planes, thumbnail.planes) if window else 0.0)
        window.append(thumbnail)
        self._decide(len(window) - 1 - self._reach)

    def finish(self) -> None:
        """Decides about the frames that are still waiting for their successors."""
        for position in range(max(len(self._window) - self._reach, 1), len(self._window)):
            self._decide(position)

    def _decide(self, position: int) -> None:
        if position < 1:
            return
        score = self._score(position)
        if score >= _THRESHOLD:
            cut = self._window[position].at
            if self.cuts and self.cuts[-1].index == cut.index - 1:
                # One cut over two frames, the first of them a mixture: it lies where the change is greater.
                if score > self._last_score:
                    self.cuts[-1] = cut
            else:
                self.cuts.append(cut)
            self._last_score = score

    def _score(self, position: int) -> float:
        change = self._steps[position]
        calm = self._motion(position) + _CALM
        if 2 * change < _THRESHOLD * calm:  # likeness is -1 at least, so no pair could reach the threshold
            return 0.0
        window = list(self._window)
        before, after = window[position - 1], window[position]
        pairs = [(before, later) for later in window[position : position + self._reach]]
        pairs += [(earlier, after) for earlier in window[max(position - self._reach, 0) : position - 1]]
        unlike, least = 2.0, change
        for one, other in pairs:
            unlike = min(unlike, 1 - likeness(one.planes, other.planes))
            least = min(least, distance(one.planes, other.planes))
            if unlike * least < _THRESHOLD * calm:
                return 0.0
        return unlike * least / calm

    def _motion(self, position: int) -> float:
        """Mean change a step on the livelier side of the cut."""
        steps = list(self._steps)
        before = steps[max(position - _MOTION_STEPS, 1) : position]
        after = steps[position + 1 : position + 1 + _MOTION_STEPS]
        return max(sum(side) / len(side) if side else 0.0 for side in (before, after))
