"""Putting shots together, with a record of how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tests.media.edits.sceneries import COLUMNS, ROWS, Pictures, pixels

__all__ = ["Edit", "EditKind", "Montage", "wipe_masks"]

EditKind: TypeAlias = Literal["cut", "fade", "dissolve", "wipe"]

WIPES = ("right", "left", "down", "up", "diagonal", "clock", "iris", "doors")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Where one shot goes over into the next.

    Attributes:
        start: First frame that is not wholly the shot before; the new shot's first one for a cut.
        end: First frame that is wholly the new shot.
        kind: How.
    """

    start: int
    end: int
    kind: EditKind


@dataclass
class Montage:
    """A video being put together."""

    pictures: Pictures = field(default_factory=lambda: np.zeros((0, ROWS, COLUMNS, 3), np.uint8))
    edits: list[Edit] = field(default_factory=list)

    def begin(self, shot: Pictures) -> Montage:
        """Begins with a shot."""
        self.pictures = shot
        return self

    def cut(self, shot: Pictures) -> Montage:
        """Appends a shot by a hard cut."""
        self._note(len(self.pictures), 0, "cut")
        self.pictures = np.concatenate([self.pictures, shot])
        return self

    def dissolve(self, shot: Pictures, length: int, *, smooth: bool = False) -> Montage:
        """Appends a shot whose first frames are mixed with the last ones there are."""
        share = _ramp(length, smooth=smooth)
        return self._blend(shot, share, "dissolve")

    def wipe(self, shot: Pictures, length: int, form: str, softness: float) -> Montage:
        """Appends a shot that is uncovered by an edge that goes across the picture.

        Args:
            shot: The shot.
            length: Frames in which both are to be seen.
            form: One of ``WIPES``.
            softness: Width of the edge, as a share of its way.
        """
        return self._blend(shot, wipe_masks(length, form, softness), "wipe")

    def fade(
        self, shot: Pictures, out: int, hold: int, back: int, *, level: int = 0, smooth: bool = False
    ) -> Montage:
        """Appends a shot by a fade: ``out`` frames to black or white, ``hold`` empty, ``back`` to the shot."""
        start = len(self.pictures) - out
        empty = np.full((1, ROWS, COLUMNS, 3), level, np.uint8)
        leaving = _mixed(self.pictures[start:], empty, _ramp(out, smooth=smooth))
        coming = _mixed(empty, shot[:back], _ramp(back, smooth=smooth))
        self._note(start, out + hold + back, "fade")
        parts = [self.pictures[:start], leaving, np.repeat(empty, hold, axis=0), coming, shot[back:]]
        self.pictures = np.concatenate(parts)
        return self

    def _blend(self, shot: Pictures, share: npt.NDArray[np.float32], kind: EditKind) -> Montage:
        length = len(share)
        start = len(self.pictures) - length
        mixed = _mixed(self.pictures[start:], shot[:length], share)
        self._note(start, length, kind)
        self.pictures = np.concatenate([self.pictures[:start], mixed, shot[length:]])
        return self

    def _note(self, start: int, length: int, kind: EditKind) -> None:
        assert not self.edits or self.edits[-1].end <= start
        self.edits.append(Edit(start, start + length, kind))


def wipe_masks(length: int, form: str, softness: float) -> npt.NDArray[np.float32]:
    """Returns how much of each pixel is the new shot's, frame by frame."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    x, y = (x + 0.5) / COLUMNS, (y + 0.5) / ROWS
    turn = np.arctan2(y - 0.5, x - 0.5) / (2 * np.pi) + 0.5
    radius = np.hypot((x - 0.5) * COLUMNS, (y - 0.5) * ROWS)
    when = {
        "right": x,
        "left": 1 - x,
        "down": y,
        "up": 1 - y,
        "diagonal": (x + y) / 2,
        "clock": turn,
        "iris": radius / radius.max(),
        "doors": np.abs(x - 0.5) * 2,
    }[form]
    progress = np.arange(1, length + 1, dtype=np.float32)[:, np.newaxis, np.newaxis] / np.float32(length + 1)
    edge = np.float32(max(softness, 1e-3))
    masks = np.clip((progress * (1 + edge) - when) / edge, 0, 1)
    return np.asarray(masks[..., np.newaxis], np.float32)


def _ramp(length: int, *, smooth: bool) -> npt.NDArray[np.float32]:
    share = np.arange(1, length + 1, dtype=np.float32) / np.float32(length + 1)
    if smooth:
        share = (1 - np.cos(np.pi * share)) / 2
    return np.asarray(share[:, np.newaxis, np.newaxis, np.newaxis], np.float32)


def _mixed(one: Pictures, other: Pictures, share: npt.NDArray[np.float32]) -> Pictures:
    return pixels(one * (1 - share) + other * share)
