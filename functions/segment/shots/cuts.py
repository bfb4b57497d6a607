"""Hard cuts: a change of picture that is large, sudden, and stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.segment.shots.blends import are_blends, shares
from functions.segment.shots.reel import Reel
from functions.segment.shots.slides import is_another_slide
from functions.segment.shots.thumbnail import (
    Instant,
    changed_share,
    distances,
    likeness,
)

__all__ = ["SLOWEST_CUT", "Cut", "CutDetector"]

_SPANS = (1, 2, 3)
"""Steps a cut may take: a frame or two are mixed where the frame rate was converted."""

SLOWEST_CUT = _SPANS[-1]
"""Frames that a cut takes at most."""

_MOTION_STEPS = 4
"""Steps on each side of a cut that tell how much the picture changes anyway."""

_OTHER_CUT = 4.0
"""Ratio to the second least of those from which a step tells of another cut, not of motion: shots may be short."""

_REPEAT = 0.1
"""Part of other steps up to which a step is a repeated frame, which tells nothing about motion."""

_SOMETHING = 0.5
"""Distance from which a step shows movement; among less, one that is nothing is no repeated frame."""

_AMONG = ((4, 4), (8, 6))
"""Of how many steps on each side how many must be larger: as where each frame is shown twice, or some thrice."""

_THRICE_FPS = 23.0
"""Frames a second from which some are shown thrice: rates are converted to those of film and television."""

_CALM = 3.0
"""Distance that noise alone may make; keeps still pictures from turning a flicker into a cut."""

_THRESHOLD = 1.5
"""Score from which a change is a cut: unlikeness times the ratio of the change to the motion around it."""

_UTTERLY = 2.0
"""Greatest unlikeness, as likeness is -1 at least; that of two slides, whose words may look much alike."""

_CELL_CHANGE = 6.0
_CHANGED_SHARE = 0.3
"""Share of the cells that must change: a caption over fog changes few, though it is all there is to see."""

_STILL = 4.0
"""How calm it must be on both sides of a slide's beginning; 3 is perfectly still."""

_HELD_S = 1.1
"""A frame that is shown for so long says nothing about motion: pictures that stand still are not repeated."""

_UNEVEN = 0.1
"""Part of its time by which a frame's neighbours are shown longer or shorter; a time lapse is even, and moves."""

_FLASH_S = 0.25
"""A picture that is back within this time never left: photographers' flashes, lightning, single bad frames."""

_MAX_REACH = 15
"""Frames looked at on each side of a cut at most, whatever the frame rate."""

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cut:
    """A hard cut.

    Attributes:
        at: First frame that is at least half the new picture.
        steps: Frames from the last one of the old picture to the first that is wholly the new one.
        score: How sure it is.
    """

    at: Instant
    steps: int
    score: float


class CutDetector:
    """Finds hard cuts.

    A frame begins a shot when it differs from the one before much more than the frames around it differ from
    each other, and no frame of the next quarter second looks like the picture before.

    Args:
        reel: The frames; keeps 64 at least.
        fps: Mean frames a second.
    """

    def __init__(self, reel: Reel, fps: float) -> None:
        self.cuts: list[Cut] = []
        self._reel = reel
        self._flash = min(max(round(fps * _FLASH_S), 1), _MAX_REACH)
        self._reach = max(self._flash, _MOTION_STEPS)
        self._ahead = self._reach + _SPANS[-1]
        self._among = _AMONG if fps >= _THRICE_FPS else _AMONG[:1]
        self._next = 1

    def advance(self, *, final: bool = False) -> None:
        """Decides about the frames whose successors are known by now; about all when there will be no more."""
        end = self._reel.end if final else self._reel.end - self._ahead
        if end > self._next:
            for position, span, calm in self._candidates(self._next - self._reel.first, end - self._reel.first):
                score = self._score(position, span, calm)
                if score >= _THRESHOLD:
                    self._keep(Cut(self._beginning(position, span), span, score))
            self._next = end

    def _candidates(self, start: int, end: int) -> Iterator[tuple[int, int, float]]:
        """Yields positions whose change may be a cut's, the steps it takes, and how calm it is around it."""
        steps = self._reel.steps
        sums = np.concatenate([np.zeros(1, np.float32), np.cumsum(steps, dtype=np.float64)])
        moves = _moves(steps, self._among)
        found = list[tuple[int, int, float]]()
        for span in _SPANS:
            positions = np.arange(start, min(end, len(steps) - span + 1))
            # No change is longer than its steps: most frames end at this.
            greatest = _UTTERLY * (sums[positions + span] - sums[positions]) / span
            positions, greatest = (
                positions[greatest >= _THRESHOLD * _CALM],
                greatest[greatest >= _THRESHOLD * _CALM],
            )
            if positions.size:
                calm = self._motion(steps, moves, positions, span) + _CALM
                likely = greatest >= _THRESHOLD * calm
                found += [
                    (int(position), span, float(least))
                    for position, least in zip(positions[likely], calm[likely], strict=True)
                ]
        yield from sorted(found)

    def _motion(
        self, steps: Numbers, moves: npt.NDArray[np.intp], positions: npt.NDArray[np.intp], span: int
    ) -> Numbers:
        """Returns the mean change a step on the livelier side of each position."""
        offsets = np.arange(_MOTION_STEPS)
        held = _held(np.array([at.time_s for at in self._reel.at]))
        left = np.searchsorted(moves, positions)[:, np.newaxis] - 1 - offsets
        right = np.searchsorted(moves, positions + span)[:, np.newaxis] + offsets
        sides = []
        for side in (left, right):
            there = (side >= 0) & (side < len(moves))
            at = moves[np.clip(side, 0, len(moves) - 1)]
            there &= (np.abs(at - positions[:, np.newaxis]) <= self._reach + span) & ~held[at]
            values = np.where(there, steps[at], np.inf)
            usual = np.partition(values, 1, axis=1)[:, 1:2]
            there &= values <= _OTHER_CUT * usual + 2 * _CALM
            sides.append(np.where(there, values, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))
        return np.asarray(np.maximum(*sides), np.float32)

    def _score(self, position: int, span: int, calm: float) -> float:
        planes = self._reel.planes
        before, after = position - 1, position - 1 + span
        if span > 1 and not are_blends(planes[before], planes[after], planes[position:after]):
            return 0.0
        later = planes[after : after + self._flash]
        earlier = planes[max(position - self._flash, 0) : before]
        change = float(distances(later, planes[before]).min()) / span
        if len(earlier):
            change = min(change, float(distances(earlier, planes[after]).min()) / span)
        if calm <= _STILL and is_another_slide(planes[before], planes[after]):
            return _UTTERLY * change / calm
        if changed_share(planes[before], planes[after], _CELL_CHANGE) < _CHANGED_SHARE:
            return 0.0
        unlike = _UTTERLY
        pairs = [(planes[before], other) for other in later] + [(other, planes[after]) for other in earlier]
        for one, other in pairs:
            if unlike * change < _THRESHOLD * calm:
                return 0.0
            unlike = min(unlike, 1 - likeness(one, other))
        return unlike * change / calm

    def _beginning(self, position: int, span: int) -> Instant:
        """Returns the first frame that is at least half the new picture."""
        window = self._reel.planes[position - 1 : position + span]
        held, _ = shares(window[0], window[-1], window)
        return self._reel.at[position - 1 + int(np.argmax(held >= 0.5))]

    def _keep(self, cut: Cut) -> None:
        """Adds a cut; of those that one takes with mixed frames the most certain stays."""
        if self.cuts:
            last = self.cuts[-1]
            apart = cut.at.index - last.at.index
            if apart < max(cut.steps, last.steps) or apart < 1:
                if cut.score <= last.score:
                    return
                self.cuts.pop()
        self.cuts.append(cut)


def _held(times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Returns which steps come after a frame that was shown for long, where frames are not evenly spaced."""
    gaps = np.diff(times_s, prepend=2 * times_s[0] - times_s[min(1, len(times_s) - 1)])
    padded = np.pad(gaps, 1, mode="edge")
    uneven = np.maximum(np.abs(padded[:-2] - gaps), np.abs(padded[2:] - gaps)) > _UNEVEN * gaps
    return np.asarray(uneven & (gaps >= _HELD_S), np.bool_)


def _moves(steps: Numbers, among: Sequence[tuple[int, int]]) -> npt.NDArray[np.intp]:
    """Returns where steps are that are no repeated frame: next to nothing among many that are something."""
    repeats = np.zeros(len(steps), np.bool_)
    for reach, least in among:
        around = np.lib.stride_tricks.sliding_window_view(np.pad(steps, reach, mode="edge"), 2 * reach + 1)
        larger = (_REPEAT * around > steps[:, np.newaxis]) & (around > _SOMETHING)
        repeats |= np.count_nonzero(larger, axis=1) >= least
    return np.flatnonzero(~repeats)
