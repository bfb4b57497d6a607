"""Hard cuts: a change of picture that is large, sudden, and stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

import numpy as np

from functions.segment.shots.blends import are_blends, shares
from functions.segment.shots.thumbnail import Instant, Thumbnail, distance, likeness

__all__ = ["CutDetector"]

_SPANS = (1, 2, 3)
"""Steps a cut may take: a frame or two are mixed where the frame rate was converted."""

_MOTION_STEPS = 3
"""Steps on each side of a cut that tell how much the picture changes anyway."""

_REPEAT = 0.1
"""Part of the steps around it up to which a step is a repeated frame, which tells nothing about motion."""

_CALM = 3.0
"""Distance that noise alone may make; keeps still pictures from turning a flicker into a cut."""

_THRESHOLD = 1.5
"""Score from which a change is a cut: unlikeness times the ratio of the change to the motion around it."""

_FLASH_S = 0.25
"""A picture that is back within this time never left: photographers' flashes, lightning, single bad frames."""

_MAX_REACH = 15
"""Frames looked at on each side of a cut at most, whatever the frame rate."""


class CutDetector:
    """Finds hard cuts in a stream of thumbnails.

    A frame begins a shot when it differs from the one before much more than the frames around it differ from
    each other, and no frame of the next quarter second looks like the picture before.

    Args:
        fps: Mean frames a second.
    """

    def __init__(self, fps: float) -> None:
        self.cuts: list[Instant] = []
        self._flash = min(max(round(fps * _FLASH_S), 1), _MAX_REACH)
        self._reach = max(self._flash, _MOTION_STEPS)
        self._ahead = self._reach + _SPANS[-1]
        self._window: deque[Thumbnail] = deque(maxlen=self._reach + self._ahead + 1)
        self._steps: deque[float] = deque(maxlen=self._reach + self._ahead + 1)
        self._last_score = 0.0

    def observe(self, thumbnail: Thumbnail) -> None:
        """Takes the next frame; decides about an earlier one whose successors are known by now."""
        self._steps.append(distance(self._window[-1].planes, thumbnail.planes) if self._window else 0.0)
        self._window.append(thumbnail)
        self._decide(len(self._window) - self._ahead)

    def finish(self) -> None:
        """Decides about the frames that are still waiting for their successors."""
        for position in range(max(len(self._window) - self._ahead + 1, 1), len(self._window)):
            self._decide(position)

    def _decide(self, position: int) -> None:
        """Decides whether a cut begins at a position of the window."""
        if position < 1:
            return
        steps = list(self._steps)
        for span in _SPANS:
            if position + span > len(steps):
                return
            # Likeness is -1 at least and no change longer than its steps: most frames end at one of these two.
            greatest = 2 * sum(steps[position : position + span]) / span
            if greatest >= _THRESHOLD * _CALM:
                calm = self._motion(steps, position, span) + _CALM
                if greatest >= _THRESHOLD * calm:
                    self._weigh(position, span, calm)

    def _weigh(self, position: int, span: int, calm: float) -> None:
        score = self._score(position, span, calm)
        if score >= _THRESHOLD:
            self._keep(self._beginning(position, span), score)

    def _score(self, position: int, span: int, calm: float) -> float:
        window = list(self._window)
        before, after = position - 1, position - 1 + span
        if span > 1:
            between = np.stack([thumbnail.planes for thumbnail in window[position:after]])
            if not are_blends(window[before].planes, window[after].planes, between):
                return 0.0
        pairs = [(window[before], later) for later in window[after : after + self._flash]]
        pairs += [(earlier, window[after]) for earlier in window[max(position - self._flash, 0) : before]]
        unlike, change = 2.0, float("inf")
        for one, other in pairs:
            change = min(change, distance(one.planes, other.planes) / span)
            unlike = min(unlike, 1 - likeness(one.planes, other.planes))
            if unlike * change < _THRESHOLD * calm:
                return 0.0
        return unlike * change / calm

    def _motion(self, steps: Sequence[float], position: int, span: int) -> float:
        """Mean change a step on the livelier side of a cut."""
        before = _moves(steps[max(position - self._reach, 1) : position])[-_MOTION_STEPS:]
        after = _moves(steps[position + span : position + span + self._reach])[:_MOTION_STEPS]
        return max(sum(side) / len(side) if side else 0.0 for side in (before, after))

    def _beginning(self, position: int, span: int) -> Instant:
        """Returns the first frame that is at least half the new picture."""
        window = list(islice(self._window, position - 1, position + span))
        first, last = window[0].planes, window[-1].planes
        held, _ = shares(first, last, np.stack([thumbnail.planes for thumbnail in window]))
        return window[int(np.argmax(held >= 0.5))].at

    def _keep(self, cut: Instant, score: float) -> None:
        """Adds a cut; of those within a cut's longest span the most certain stays."""
        if self.cuts and cut.index - self.cuts[-1].index < _SPANS[-1]:
            if score <= self._last_score:
                return
            self.cuts.pop()
        self.cuts.append(cut)
        self._last_score = score


def _moves(steps: Sequence[float]) -> list[float]:
    """Returns the steps without repeated frames: those next to nothing between two that are something."""
    moves = []
    for position, step in enumerate(steps):
        around = steps[max(position - 2, 0) : position], steps[position + 1 : position + 3]
        if step >= _REPEAT * min(max(side, default=float("inf")) for side in around):
            moves.append(step)
    return moves
