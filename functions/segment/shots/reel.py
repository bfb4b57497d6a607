"""The latest frames, small and side by side in memory, so that many are compared at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from functions.segment.shots.thumbnail import Instant, Planes, distances, thumbnails
from shared.ports.media_tool import Frame

__all__ = ["Reel"]


class Reel:
    """Keeps the latest frames of a video; however long that is, memory stays the same.

    Frames are numbered from 0; arrays begin with the frame ``first``, which grows.

    Args:
        keep: Frames that are kept at least, if there are as many.

    Attributes:
        first: Number of the oldest frame that is kept.
        end: Number after the latest frame.
    """

    def __init__(self, keep: int) -> None:
        self.first = 0
        self.end = 0
        self._keep = keep
        self._at: list[Instant] = []
        self._planes: Planes = np.zeros((0, 0, 0, 3), np.float32)
        self._steps: npt.NDArray[np.float32] = np.zeros(0, np.float32)

    def add(self, frames: Sequence[Frame]) -> None:
        """Takes the next frames, at least one."""
        fresh = thumbnails(frames)
        if self.end == 0:
            self._planes = np.zeros((2 * self._keep, *fresh.shape[1:]), np.float32)
            self._steps = np.zeros(2 * self._keep, np.float32)
        if self.end - self.first + len(frames) > len(self._planes):
            self._forget()
        start = self.end - self.first
        end = start + len(frames)
        self._planes[start:end] = fresh
        since = max(start, 1)  # the very first frame has none before it
        self._steps[since:end] = distances(self._planes[since:end], self._planes[since - 1 : end - 1])
        self._at += [Instant(frame.index, frame.time_s) for frame in frames]
        self.end += len(frames)

    @property
    def planes(self) -> Planes:
        """The frames, (frames, rows, columns, 3)."""
        return self._planes[: self.end - self.first]

    @property
    def steps(self) -> npt.NDArray[np.float32]:
        """Each frame's distance from the one before it; 0 for the very first."""
        return self._steps[: self.end - self.first]

    @property
    def at(self) -> Sequence[Instant]:
        """When each frame is shown."""
        return self._at

    def _forget(self) -> None:
        """Moves the frames that are still wanted to the beginning; what is moved is moved once a frame at most."""
        gone = self.end - self.first - self._keep
        self._planes[: self._keep] = self._planes[gone : gone + self._keep]
        self._steps[: self._keep] = self._steps[gone : gone + self._keep]
        del self._at[:gone]
        self.first += gone
