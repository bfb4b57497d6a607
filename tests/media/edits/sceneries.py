"""Drawn pictures that look as different from one another as what people film, and a camera that films them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["COLUMNS", "DRAWN", "ROWS", "Camera", "Picture", "Pictures", "film", "pixels"]

ROWS, COLUMNS = 90, 160
_ALL_ROWS, _ALL_COLUMNS = 3 * ROWS, 3 * COLUMNS

Picture: TypeAlias = npt.NDArray[np.float32]
"""(rows, columns, 3) of RGB, larger than a frame."""

Pictures: TypeAlias = npt.NDArray[np.uint8]
"""(frames, rows, columns, 3) of RGB."""

Draw: TypeAlias = Callable[[np.random.Generator], Picture]


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """How pictures are filmed; lengths are pixels of a frame.

    Attributes:
        pan: Pixels a frame it turns.
        zoom: Share a frame by which it comes nearer.
        sway: Standard deviation of how a hand moves it, slowly.
        shake: Standard deviation of how it trembles from frame to frame.
        noise: Standard deviation of its noise.
        whip: Frame in whose course it turns by most of a picture, and how many frames that takes; None for never.
    """

    pan: float = 0.0
    zoom: float = 0.0
    sway: float = 0.0
    shake: float = 0.0
    noise: float = 2.0
    whip: tuple[int, int] | None = None


def film(rng: np.random.Generator, picture: Picture, frames: int, camera: Camera) -> Pictures:
    """Returns an uncut shot."""
    heading = rng.uniform(0, 2 * np.pi)
    way = np.array([np.cos(heading), 0.5 * np.sin(heading)])
    speed = np.full(frames, camera.pan)
    if camera.whip is not None:
        start, length = camera.whip
        turn = np.hanning(length + 2)[1:-1]
        speed[start : start + length] += rng.uniform(0.9, 1.6) * COLUMNS * turn / turn.sum()
    center = (np.cumsum(speed)[:, np.newaxis] - speed.sum() / 2) * way
    walk = np.cumsum(rng.normal(0, camera.sway / 4, (frames, 2)), axis=0)
    center = center + np.clip(walk, -3 * camera.sway, 3 * camera.sway) + rng.normal(0, camera.shake, (frames, 2))
    zoom = (1 + camera.zoom) ** np.arange(frames)
    shown = np.empty((frames, ROWS, COLUMNS, 3), np.float32)
    for frame in range(frames):
        shown[frame] = _seen(picture, center[frame], float(zoom[frame]), float(speed[frame]), way)
    return pixels(shown + rng.normal(0, camera.noise, (frames, ROWS, COLUMNS, 1)).astype(np.float32))


def pixels(values: npt.NDArray[np.floating]) -> Pictures:
    """Returns values as pixels."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _seen(
    picture: Picture, center: npt.NDArray[np.floating], zoom: float, speed: float, way: npt.NDArray[np.floating]
) -> Picture:
    """Returns a frame; one in a fast turn is blurred along its way."""
    taps = max(int(abs(speed) / 6), 1)
    total = np.zeros((ROWS, COLUMNS, 3), np.float32)
    for tap in range(taps):
        x, y = center + way * speed * (tap / taps - 0.5 if taps > 1 else 0.0)
        place = np.array(
            [
                [1 / zoom, 0, _ALL_COLUMNS / 2 + x - COLUMNS / 2 / zoom],
                [0, 1 / zoom, _ALL_ROWS / 2 + y - ROWS / 2 / zoom],
            ]
        )
        total += cv2.warpAffine(
            picture,
            place,
            (COLUMNS, ROWS),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
    return np.asarray(total / taps, np.float32)


def _grain(rng: np.random.Generator, size: int, strength: float) -> Picture:
    grid = rng.normal(0, strength, (_ALL_ROWS // size + 2, _ALL_COLUMNS // size + 2, 3)).astype(np.float32)
    grid = 0.7 * grid.mean(axis=2, keepdims=True) * np.sqrt(3) + 0.5 * grid
    return np.asarray(cv2.resize(grid, (_ALL_COLUMNS, _ALL_ROWS), interpolation=cv2.INTER_CUBIC), np.float32)


def _landscape(rng: np.random.Generator) -> Picture:
    """Sky above, ground below, and things of all sizes."""
    top, bottom = rng.uniform(40, 230, (2, 3)).astype(np.float32)
    height = np.linspace(0, 1, _ALL_ROWS, dtype=np.float32)[:, np.newaxis, np.newaxis]
    share = 1 / (1 + np.exp(-(height - rng.uniform(0.4, 0.6)) * rng.uniform(4, 40)))
    picture = top * (1 - share) + bottom * share
    for size in (96, 48, 24, 12, 6):
        picture = picture + _grain(rng, size, rng.uniform(6, 26))
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def _city(rng: np.random.Generator) -> Picture:
    """Boxes with hard edges before one another."""
    picture = np.full((_ALL_ROWS, _ALL_COLUMNS, 3), rng.uniform(60, 200, 3), np.float32)
    for _ in range(int(rng.integers(40, 120))):
        x, y = rng.integers(0, _ALL_COLUMNS), rng.integers(0, _ALL_ROWS)
        width, height = rng.integers(8, 140), rng.integers(8, 90)
        picture[y : y + height, x : x + width] = rng.uniform(10, 245, 3)
    return picture + _grain(rng, 6, 6)


def _people(rng: np.random.Generator) -> Picture:
    """A soft background, and large round things in front of it."""
    picture = np.full((_ALL_ROWS, _ALL_COLUMNS, 3), rng.uniform(40, 210, 3), np.float32)
    picture += _grain(rng, 120, 30)
    for _ in range(int(rng.integers(4, 10))):
        color = tuple(float(one) for one in rng.uniform(20, 235, 3))
        center = int(rng.integers(0, _ALL_COLUMNS)), int(rng.integers(0, _ALL_ROWS))
        axes = int(rng.integers(12, 60)), int(rng.integers(16, 70))
        cv2.ellipse(picture, center, axes, float(rng.uniform(0, 180)), 0, 360, color, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.float32) + _grain(rng, 8, 5)


def _night(rng: np.random.Generator) -> Picture:
    """Next to nothing but some lights."""
    picture = _landscape(rng) * rng.uniform(0.06, 0.18)
    for _ in range(int(rng.integers(20, 80))):
        place = int(rng.integers(0, _ALL_COLUMNS)), int(rng.integers(0, _ALL_ROWS))
        color = tuple(float(one) for one in rng.uniform(90, 255, 3))
        cv2.circle(picture, place, int(rng.integers(1, 9)), color, -1, cv2.LINE_AA)
    return picture


def _fog(rng: np.random.Generator) -> Picture:
    """Hardly any contrast."""
    picture = _landscape(rng)
    return np.asarray(rng.uniform(90, 190) + (picture - picture.mean()) * rng.uniform(0.15, 0.3), np.float32)


def _slide(rng: np.random.Generator) -> Picture:
    """Lines of text, a heading, perhaps a figure."""
    paper, ink = (rng.uniform(225, 255, 3), rng.uniform(0, 90, 3))[:: int(rng.choice([1, 1, -1]))]
    picture = np.full((_ALL_ROWS, _ALL_COLUMNS, 3), paper, np.float32)
    top, left = ROWS, COLUMNS
    picture[top : top + int(rng.integers(6, 20)), left : left + COLUMNS] = rng.uniform(20, 220, 3)
    for line in range(top + 26, top + 84, int(rng.integers(6, 14))):
        indent = int(rng.integers(8, 40))
        picture[line : line + 3, left + indent : left + indent + int(rng.integers(20, 110))] = ink
    if rng.random() < 0.6:
        x, y = left + int(rng.integers(60, 110)), top + int(rng.integers(30, 50))
        picture[y : y + 35, x : x + 45] = _grain(rng, 12, 60)[:35, :45] + 128
    return picture


def _card(rng: np.random.Generator) -> Picture:
    """Flat colours and shapes, as in an advert."""
    picture = np.full((_ALL_ROWS, _ALL_COLUMNS, 3), rng.uniform(0, 255, 3), np.float32)
    for _ in range(int(rng.integers(2, 6))):
        color = tuple(float(one) for one in rng.uniform(0, 255, 3))
        x, y = COLUMNS + int(rng.integers(10, 150)), ROWS + int(rng.integers(10, 80))
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), int(rng.integers(8, 40)), color, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(
                picture, (x, y), (x + int(rng.integers(10, 70)), y + int(rng.integers(4, 30))), color, -1
            )
    return picture


DRAWN: Final[dict[str, tuple[Draw, bool]]] = {
    "landscape": (_landscape, True),
    "city": (_city, True),
    "people": (_people, True),
    "night": (_night, True),
    "fog": (_fog, True),
    "slide": (_slide, False),
    "card": (_card, False),
}
"""Name -> what draws it, and whether a camera moves before it."""
