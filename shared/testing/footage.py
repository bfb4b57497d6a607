"""Synthetic footage whose edits are known: textured pictures that pan, shake and flash, put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shared.ports.media_tool import Frame

__all__ = ["Footage", "Pictures", "edited_footage", "take"]

Pictures: TypeAlias = npt.NDArray[np.uint8]
"""(frames, rows, columns, 3) of RGB."""

_ROWS, _COLUMNS = 90, 160
_MARGIN = 24
"""Pixels the picture can move within its scenery, in any direction."""


@dataclass
class Footage:
    """A video being put together, with a record of its edits.

    Args:
        fps: Frames a second.
        pictures: Its frames so far.
        cuts: First frames of the new pictures.
        dissolves: First mixed frame and the first one after the mixed ones.
        fades: First frame on its way to black or white, and the first one back from it.
    """

    fps: float = 25.0
    pictures: Pictures = field(default_factory=lambda: np.zeros((0, _ROWS, _COLUMNS, 3), np.uint8))
    cuts: list[int] = field(default_factory=list)
    dissolves: list[tuple[int, int]] = field(default_factory=list)
    fades: list[tuple[int, int]] = field(default_factory=list)

    def cut(self, pictures: Pictures) -> Footage:
        """Appends pictures by a hard cut; the first ones just begin the video."""
        if len(self.pictures):
            self.cuts.append(len(self.pictures))
        self.pictures = np.concatenate([self.pictures, pictures])
        return self

    def dissolve(self, pictures: Pictures, length: int) -> Footage:
        """Appends pictures whose first frames are mixed with the last ones there are."""
        start = len(self.pictures) - length
        share = _ramp(length)
        mixed = _mix(self.pictures[start:], pictures[:length], share)
        self.dissolves.append((start, start + length))
        self.pictures = np.concatenate([self.pictures[:start], mixed, pictures[length:]])
        return self

    def fade(self, pictures: Pictures, length: int, *, level: int = 0, hold: int = 1) -> Footage:
        """Appends pictures by a fade: ``length`` frames out, ``hold`` black or white ones, ``length`` in."""
        start = len(self.pictures) - length
        empty = np.full((1, _ROWS, _COLUMNS, 3), level, np.uint8)
        out = _mix(self.pictures[start:], empty, _ramp(length))
        back = _mix(empty, pictures[:length], _ramp(length))
        self.fades.append((start, start + 2 * length + hold))
        self.pictures = np.concatenate(
            [self.pictures[:start], out, np.repeat(empty, hold, axis=0), back, pictures[length:]]
        )
        return self

    def frames(self) -> Iterator[Frame]:
        """Yields the video."""
        for index, rgb in enumerate(self.pictures):
            yield Frame(index=index, time_s=index / self.fps, rgb=rgb)


def take(
    rng: np.random.Generator, frames: int, *, pan: float = 1.0, shake: float = 0.0, noise: float = 2.0
) -> Pictures:
    """Returns one uncut shot of scenery that nothing else has.

    Args:
        rng: Where chance comes from.
        frames: How many.
        pan: Pixels a frame the camera turns; it swings back when it comes to the end of the scenery.
        shake: Standard deviation in pixels of how the camera trembles.
        noise: Standard deviation of the camera's noise.
    """
    scenery = _scenery(rng)
    heading = rng.uniform(0, 2 * np.pi)
    steps = np.arange(frames)[:, np.newaxis] * pan * np.array([np.sin(heading), np.cos(heading)])
    swing = np.abs((steps + _MARGIN) % (4 * _MARGIN) - 2 * _MARGIN)
    places = np.clip(swing + rng.normal(0, shake, (frames, 2)), 0, 2 * _MARGIN).astype(int)
    shown = np.stack([scenery[y : y + _ROWS, x : x + _COLUMNS] for y, x in places])
    return _pixels(shown + rng.normal(0, noise, shown.shape).astype(np.float32))


def edited_footage(seed: int, *, shots: int = 8) -> Footage:
    """Returns a video of some shots, mostly cut, some dissolved or faded, with flashes and an unsteady camera."""
    rng = np.random.default_rng(seed)
    footage = Footage().cut(take(rng, int(rng.integers(30, 60))))
    for _ in range(shots - 1):
        pictures = take(
            rng,
            int(rng.integers(30, 60)),
            pan=rng.uniform(0, 3),
            shake=rng.choice([0.0, 1.5]),
            noise=rng.uniform(1, 5),
        )
        edit = rng.choice(["cut", "cut", "cut", "dissolve", "fade"])
        if edit == "dissolve":
            footage.dissolve(pictures, int(rng.integers(8, 20)))
        elif edit == "fade":
            footage.fade(pictures, int(rng.integers(5, 12)), level=rng.choice([0, 255]))
        else:
            if rng.random() < 0.3:
                flash = int(rng.integers(5, len(pictures) - 5))
                pictures[flash : flash + 2] = _pixels(pictures[flash : flash + 2] * 2.0 + 60)
            footage.cut(pictures)
    return footage


def _scenery(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Returns a picture larger than the frame: patches of all sizes around a colour."""
    rows, columns = _ROWS + 3 * _MARGIN, _COLUMNS + 3 * _MARGIN
    picture = np.full((rows, columns, 3), rng.uniform(60, 190, 3), np.float32)
    for size, strength in ((64, 45), (32, 30), (16, 20), (8, 12)):
        grid = rng.normal(0, strength, (rows // size + 1, columns // size + 1, 3)).astype(np.float32)
        picture += np.kron(grid, np.ones((size, size, 1), np.float32))[:rows, :columns]
    return picture


def _ramp(length: int) -> npt.NDArray[np.float32]:
    share = np.arange(1, length + 1, dtype=np.float32) / np.float32(length + 1)
    return share[:, np.newaxis, np.newaxis, np.newaxis]


def _mix(one: Pictures, other: Pictures, share: npt.NDArray[np.float32]) -> Pictures:
    return _pixels(one * (1 - share) + other * share)


def _pixels(values: npt.NDArray[np.floating]) -> Pictures:
    return np.asarray(np.clip(values.round(), 0, 255), np.uint8)
