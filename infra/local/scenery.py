"""The pictures of the sample clip: flat landscapes in two layers, painted the same way every time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["HEIGHT", "SCENES", "WIDTH", "Scene", "caption"]

WIDTH, HEIGHT = 1280, 720
PAN = 160
"""Pixels that the far layer is wider than the picture; the near one is twice as much wider and so moves faster."""

HIGH, LOW = 48, 520

SMOOTH = 2
"""Painted this much larger and scaled down, because PIL draws polygons with jagged edges."""

Color: TypeAlias = str
Paint: TypeAlias = Callable[[ImageDraw.ImageDraw, random.Random], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One shot of the clip.

    Attributes:
        title: The words burned in.
        subtitle: The smaller words below them.
        duration_s: Seconds it is shown, transitions included.
        words_y: Where the words' band begins. Top and bottom take turns, so that shots differ in structure too.
        sky: Colours from top to bottom of the far layer.
        far: Paints what moves slowly.
        near: Paints what moves fast.
    """

    title: str
    subtitle: str
    duration_s: float
    words_y: int
    sky: tuple[Color, Color]
    far: Paint
    near: Paint

    def layers(self) -> tuple[Image.Image, Image.Image]:
        """Returns the far layer, opaque, and the near one, transparent where nothing is."""
        seed = random.Random(self.title)  # noqa: S311 - scenery, not secrets
        far = _gradient(WIDTH + PAN, self.sky)
        near = Image.new("RGBA", ((WIDTH + 2 * PAN) * SMOOTH, HEIGHT * SMOOTH))
        for image, paint in ((far, self.far), (near, self.near)):
            paint(ImageDraw.Draw(image), seed)
        return _smoothed(far), _smoothed(near)


def caption(scene: Scene) -> Image.Image:
    """Returns a scene's words on a see-through band, as large as the picture."""
    image = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    top = scene.words_y
    draw.rounded_rectangle((56, top, 1224, top + 148), 18, fill=(12, 16, 28, 190))
    # PIL carries a font inside, so no machine needs one.
    draw.text((96, top + 58), scene.title, "white", ImageFont.load_default(68), anchor="lm")
    draw.text((98, top + 116), scene.subtitle, "#ffd479", ImageFont.load_default(32), anchor="lm")
    return image


def _gradient(width: int, colors: tuple[Color, Color]) -> Image.Image:
    top, bottom = (np.array(Image.new("RGB", (1, 1), color)).reshape(3) for color in colors)
    steps = np.linspace(0, 1, HEIGHT * SMOOTH)[:, None]
    column = (top * (1 - steps) + bottom * steps).astype(np.uint8)
    return Image.fromarray(np.repeat(column[:, None, :], width * SMOOTH, axis=1))


def _smoothed(image: Image.Image) -> Image.Image:
    return image.reduce(SMOOTH)


def _at(points: Sequence[float]) -> list[float]:
    return [value * SMOOTH for value in points]


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: Color) -> None:
    draw.ellipse(_at((x - radius, y - radius, x + radius, y + radius)), fill=color)


def _box(draw: ImageDraw.ImageDraw, x: float, y: float, width: float, height: float, color: Color) -> None:
    draw.rectangle(_at((x, y, x + width - 1, y + height - 1)), fill=color)


def _hills(draw: ImageDraw.ImageDraw, y: float, swing: float, period: float, color: Color) -> None:
    width = WIDTH + 2 * PAN
    ridge = [
        (x, y - swing * (math.sin(x / period) + 0.4 * math.sin(x / period * 2.7))) for x in range(0, width + 8, 8)
    ]
    draw.polygon(
        [value for x, top in ridge for value in _at((x, top))] + _at((width, HEIGHT, 0, HEIGHT)), fill=color
    )


def _peaks(draw: ImageDraw.ImageDraw, seed: random.Random, base: float, height: float, color: Color) -> None:
    for x in range(-100, WIDTH + 2 * PAN, 190):
        top = base - height * seed.uniform(0.6, 1.0)
        draw.polygon(_at((x, base, x + 170, top, x + 340, base)), fill=color)
        draw.polygon(
            _at((x + 136, top + (base - top) / 5, x + 170, top, x + 204, top + (base - top) / 5)), fill="#f4f7fb"
        )
    _box(draw, 0, base, WIDTH + 2 * PAN, HEIGHT - base, color)


def _firs(draw: ImageDraw.ImageDraw, seed: random.Random, ground: float, size: float, color: Color) -> None:
    for x in range(-20, WIDTH + 2 * PAN, int(size * 0.55)):
        tall = size * seed.uniform(0.8, 1.4)
        for part in range(3):
            top, half = ground - tall + part * tall / 4, tall / 8 * (part + 1.4)
            draw.polygon(_at((x - half, top + tall / 2.4, x, top, x + half, top + tall / 2.4)), fill=color)
    _box(draw, 0, ground - size / 4, WIDTH + 2 * PAN, HEIGHT, color)


def _houses(draw: ImageDraw.ImageDraw, seed: random.Random, tallest: int, wall: Color, light: Color) -> None:
    x = 0
    while x < WIDTH + 2 * PAN:
        width, height = seed.randrange(70, 130), seed.randrange(tallest // 2, tallest)
        _box(draw, x, HEIGHT - height, width, height, wall)
        for row in range(HEIGHT - height + 14, HEIGHT - 10, 26):
            for column in range(x + 10, x + width - 16, 22):
                if seed.random() < 0.55:
                    _box(draw, column, row, 11, 14, light)
        x += width + seed.randrange(4, 22)


def _sea(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    for radius, color in ((190, "#ff9a5a"), (150, "#ffb86b"), (110, "#ffe29a")):
        _disc(draw, 900, 420, radius, color)
    _box(draw, 0, 430, WIDTH + PAN, 290, "#1c4f7c")
    for row in range(440, 560, 16):
        _box(draw, 900 - (560 - row), row, 2 * (560 - row), 5, "#ffc27a")


def _boats(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    for x, scale in ((420, 1.0), (1130, 0.7)):
        hull = (0, 0, 150, 0, 120, 36, 26, 36)
        sail = (70, -8, 70, -150, 150, -8)
        for shape, color in ((hull, "#5a2a27"), (sail, "#fff6e6")):
            points = [value * scale + (x, 470)[index % 2] for index, value in enumerate(shape)]
            draw.polygon(_at(points), fill=color)


def _cup(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    _box(draw, 0, 470, WIDTH + 2 * PAN, 250, "#8a5a3b")
    draw.ellipse(_at((740, 250, 900, 400)), outline="#f7f3ea", width=26 * SMOOTH)
    draw.rounded_rectangle(_at((480, 210, 820, 480)), 60 * SMOOTH, fill="#f7f3ea")
    draw.ellipse(_at((480, 175, 820, 250)), fill="#f7f3ea")
    draw.ellipse(_at((500, 186, 800, 240)), fill="#4a2a18")
    for x in (560, 640, 720):
        for y in range(60, 160, 4):
            _disc(draw, x + 6 * math.sin(y / 40 + x), y, 7, "#fbe9d0")


def _wallpaper(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    for x in range(0, WIDTH + PAN, 96):
        _box(draw, x, 0, 44, 470, "#e2a24f")


def _chart(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    colors = ("#2a9d8f", "#e9c46a", "#f4a261", "#e76f51")
    for index, height in enumerate((120, 170, 150, 220, 260, 240, 320)):
        _box(draw, 340 + index * 130, 640 - height, 84, height, colors[index % 4])
    _box(draw, 310, 640, 940, 6, "#264653")


def _grid(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    for y in range(60, HEIGHT, 60):
        _box(draw, 0, y, WIDTH + PAN, 2, "#d5dde5")


def _stars(draw: ImageDraw.ImageDraw, seed: random.Random) -> None:
    for _ in range(160):
        _disc(draw, seed.randrange(WIDTH + PAN), seed.randrange(420), seed.choice((1, 1.5, 2.5)), "#dfe7ff")
    _disc(draw, 1040, 150, 62, "#f6f1d5")


def _rings(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    for radius in range(620, 60, -70):
        _disc(draw, 720, 440, radius, ("#6c2bd9", "#8b46ff")[radius // 70 % 2])


def _play(draw: ImageDraw.ImageDraw, _seed: random.Random) -> None:
    _disc(draw, 800, 440, 130, "#ffffff")
    draw.polygon(_at((758, 365, 758, 515, 885, 440)), fill="#6c2bd9")


SCENES = (
    Scene(
        title="Sunrise at the Harbor",
        subtitle="Sailing boats leave the coast",
        duration_s=4.0,
        words_y=LOW,
        sky=("#2b2d64", "#ff8c5a"),
        far=_sea,
        near=_boats,
    ),
    Scene(
        title="Mountain Hiking",
        subtitle="Snow on the summit, 2400 meters",
        duration_s=4.0,
        words_y=LOW,
        sky=("#5fb4e8", "#d8f0fb"),
        far=lambda draw, seed: _peaks(draw, seed, 520, 330, "#6f86a3"),
        near=lambda draw, _seed: _hills(draw, 560, 40, 150, "#4f8f4a"),
    ),
    Scene(
        title="Forest Trail",
        subtitle="Quiet path between the fir trees",
        duration_s=4.0,
        words_y=HIGH,
        sky=("#0f3d2e", "#7fb77e"),
        far=lambda draw, seed: _firs(draw, seed, 560, 300, "#2d6a4f"),
        near=lambda draw, seed: _firs(draw, seed, 760, 420, "#14342b"),
    ),
    Scene(
        title="Fresh Coffee",
        subtitle="Breakfast is served at eight",
        duration_s=3.5,
        words_y=LOW,
        sky=("#f4c478", "#f4c478"),
        far=_wallpaper,
        near=_cup,
    ),
    Scene(
        title="Quarterly Report",
        subtitle="Revenue growth in seven regions",
        duration_s=4.0,
        words_y=HIGH,
        sky=("#fbfcfd", "#eef2f6"),
        far=_grid,
        near=_chart,
    ),
    Scene(
        title="City Lights",
        subtitle="Downtown skyline after midnight",
        duration_s=4.0,
        words_y=LOW,
        sky=("#070b1e", "#27305e"),
        far=_stars,
        near=lambda draw, seed: _houses(draw, seed, 420, "#10142b", "#ffd166"),
    ),
    Scene(
        title="Automations Backend",
        subtitle="Video processing from upload to tags",
        duration_s=2.5,
        words_y=HIGH,
        sky=("#3a0ca3", "#3a0ca3"),
        far=_rings,
        near=_play,
    ),
)
