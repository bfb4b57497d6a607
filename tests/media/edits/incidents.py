"""What happens within a shot and is no edit, though much of the picture changes at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np

from tests.media.edits.sceneries import COLUMNS, ROWS, Pictures, pixels

__all__ = ["INCIDENTS", "Incident", "letterboxed"]

Incident: TypeAlias = Callable[[np.random.Generator, Pictures], Pictures]
"""Returns a shot of at least 20 frames with something in it."""


def _flashes(rng: np.random.Generator, shot: Pictures) -> Pictures:
    """One to three flashes of one to three frames, the last of which may decay."""
    lit = shot.astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        at, length = int(rng.integers(6, len(shot) - 8)), int(rng.integers(1, 4))
        strength = np.full(length, rng.uniform(0.4, 1.0), np.float32)
        if rng.random() < 0.5:
            strength *= np.linspace(1, 0.4, length, dtype=np.float32)
        share = strength[:, np.newaxis, np.newaxis, np.newaxis]
        lit[at : at + length] = lit[at : at + length] * (1 + share) + 200 * share
    return pixels(lit)


def _exposure(rng: np.random.Generator, shot: Pictures) -> Pictures:
    """The camera adapts: brighter or darker within some frames, for good."""
    at, length = int(rng.integers(5, len(shot) // 2)), int(rng.integers(2, 12))
    gain = np.interp(np.arange(len(shot)), [at, at + length], [1.0, rng.choice([0.55, 1.6])])
    return pixels(shot * gain[:, np.newaxis, np.newaxis, np.newaxis])


def _caption(rng: np.random.Generator, shot: Pictures) -> Pictures:
    """A title or subtitle comes, at once or within some frames, and goes."""
    at, length = int(rng.integers(4, len(shot) // 2)), int(rng.integers(6, len(shot) // 2))
    canvas = np.zeros((ROWS, COLUMNS), np.uint8)
    text = "".join(rng.choice(list("ABCDEFGHKLMNORSTUVW  "), int(rng.integers(8, 16))))
    low = int(rng.choice([82, 50, 20]))
    cv2.putText(canvas, text, (int(rng.integers(2, 20)), low), cv2.FONT_HERSHEY_DUPLEX, 0.5, 255, 1, cv2.LINE_AA)
    shown = np.zeros(len(shot), np.float32)
    shown[at : at + length] = 1.0
    if rng.random() < 0.5:
        shown = np.convolve(shown, np.full(5, 0.2, np.float32), "same")
    share = shown[:, np.newaxis, np.newaxis, np.newaxis] * (canvas[..., np.newaxis] / np.float32(255))
    return pixels(shot * (1 - share) + rng.choice([0, 255]) * share)


def _passer_by(rng: np.random.Generator, shot: Pictures) -> Pictures:
    """Somebody walks through in front of the camera and covers up to two thirds of the picture."""
    shot = shot.copy()
    width, frames = int(rng.integers(30, 100)), int(rng.integers(8, len(shot) - 8))
    color = rng.uniform(10, 200, 3)
    start = int(rng.integers(3, len(shot) - frames - 2))
    for step in range(frames):
        left = round(-width + (COLUMNS + width) * (step + 1) / (frames + 1))
        top = int(rng.integers(3, 8))
        shot[start + step, top:, max(left, 0) : max(left + width, 0)] = pixels(
            color + rng.normal(0, 4, (ROWS - top, 1, 3))
        )
    return shot


def _insert(rng: np.random.Generator, shot: Pictures) -> Pictures:
    """Motion graphics: a panel slides or pops in, over less than a third of the picture."""
    shot = shot.copy()
    at, slide = int(rng.integers(4, len(shot) // 2)), int(rng.integers(1, 10))
    width, height = int(rng.integers(40, 80)), int(rng.integers(20, 50))
    x, y, color = (
        int(rng.integers(0, COLUMNS - width)),
        int(rng.integers(0, ROWS - height)),
        rng.uniform(0, 255, 3),
    )
    for frame in range(at, len(shot)):
        shown = round(width * min((frame - at + 1) / slide, 1.0))
        shot[frame, y : y + height, x : x + shown] = pixels(color)
    return shot


def letterboxed(shot: Pictures, rows: int, columns: int) -> Pictures:
    """Returns pictures with black bars: some rows above and below, some columns at each side."""
    shot = shot.copy()
    for edge in (slice(0, rows), slice(ROWS - rows, ROWS)) if rows else ():
        shot[:, edge] = 0
    for edge in (slice(0, columns), slice(COLUMNS - columns, COLUMNS)) if columns else ():
        shot[:, :, edge] = 0
    return shot


INCIDENTS: Final[dict[str, Incident]] = {
    "flashes": _flashes,
    "exposure": _exposure,
    "caption": _caption,
    "passer-by": _passer_by,
    "insert": _insert,
}
