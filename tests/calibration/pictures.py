"""Pictures with known words in them, the better and the worse to read, and pictures with none."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from shared.domain.records import Finding
from shared.ports.text_reader import TextReader
from tests.calibration.judging import Case

__all__ = ["read_cases"]

_SIZE: Final = (960, 540)
_NOUNS: Final = """
anchor apple atlas badge basket beacon bicycle blanket bottle bridge bucket button cabin camera candle canyon
carpet castle chapter cherry circle cliff coffee compass copper cotton cradle crystal curtain cushion desert
diamond dolphin dragon eagle engine fabric falcon feather ferry field forest fountain garden glacier granite
hammer harbor helmet island jacket jungle kettle ladder lantern leather lemon library lizard lobster magnet
marble meadow mirror mountain needle ocean orange orchard oyster palace panther paper pebble pepper pillow
pirate planet pocket prairie quarry rabbit raven ribbon river rocket saddle sailor salmon shadow shelter
silver spider spring statue stream summer tailor temple thunder tiger timber tunnel turtle valley velvet
village violin walnut whale window winter wizard yellow zebra
""".split()  # noqa: SIM905  # a list of literals would be longer and harder to read
_NAMES: Final = (
    "Ada Lovelace",
    "Grace Hopper",
    "Alan Turing",
    "Marie Curie",
    "Nikola Tesla",
    "Rosa Parks",
    "Clara Schumann",
    "Jean Dupont",
    "Anna van der Berg",
    "Miguel Torres",
    "Ingrid Larsen",
    "Pavel Novak",
    "Aiko Tanaka",
    "Lena Fischer",
    "Omar Haddad",
    "Sofia Rossi",
)
_NOBODIES: Final = (
    "Northern Film Fund",
    "Open Movie Studio",
    "Final Cut Software",
    "The Blue Team",
    "National Library",
)
_CREDITS: Final = ("Directed by", "Written by", "Music by", "Produced by", "Edited by", "Starring", "Prof.")


def read_cases(reader: TextReader, folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Yields cases of one picture each, read by a reader as the analyzer of texts does.

    Args:
        reader: What reads.
        folder: Where pictures are kept while they are read.
        count: How many.
        seed: The same pictures come out of the same seed.
    """
    chance = random.Random(seed)
    for number in range(count):
        name = f"picture {seed}-{number}"
        lines, persons = _lines(chance) if chance.random() < 0.85 else ([], [])
        path = folder / f"{seed}-{number}.jpg"
        picture = _spoilt(_picture(lines, chance), chance)
        picture.save(path, quality=chance.choice((25, 50, 85)))
        yield Case(
            name=name,
            findings=[*_read(reader, path)],
            texts=[text for text, _ in lines],
            persons=frozenset(person.casefold() for person in persons),
        )
        path.unlink()


def _lines(chance: random.Random) -> tuple[list[tuple[str, int]], list[str]]:
    """Returns lines, each with the height of its letters in pixels, and the persons in them."""
    lines = []
    for _ in range(chance.randint(1, 4)):
        words = chance.sample(_NOUNS, chance.randint(1, 3))
        style = chance.choice((str.title, str.upper, str.capitalize))
        lines.append((style(" ".join(words)), chance.choice((13, 16, 20, 28, 40, 56))))
    persons = []
    if chance.random() < 0.4:
        named = chance.choice((*_NAMES, *_NOBODIES))
        credit = chance.choice(_CREDITS)
        lines.append((f"{credit} {named}", chance.choice((16, 20, 28))))
        persons = [named] if named in _NAMES else []
    return lines, persons


def _picture(lines: Sequence[tuple[str, int]], chance: random.Random) -> Image.Image:
    base = np.full((_SIZE[1], _SIZE[0], 3), [chance.randint(0, 120) for _ in range(3)], np.uint8)
    noise = np.random.default_rng(chance.randint(0, 2**31))
    if not lines or chance.random() < 0.3:  # a texture, in which a reader may see letters
        cells = noise.integers(0, 255, (chance.choice((12, 40, 90)), chance.choice((20, 70, 160)), 1), np.uint8)
        texture = cv2.resize(np.repeat(cells, 3, axis=2), _SIZE, interpolation=cv2.INTER_NEAREST)
        base = cv2.addWeighted(base, 0.6 if lines else 0.2, texture, 0.4 if lines else 0.8, 0)
    picture = Image.fromarray(base)
    draw, top = ImageDraw.Draw(picture), 20
    shade = chance.choice((255, 255, 210, 170))
    for text, height in lines:
        draw.text((chance.randint(20, 120), top), text, (shade, shade, shade), ImageFont.load_default(height))
        top += round(height * 1.3) + 30
    return picture


def _spoilt(picture: Image.Image, chance: random.Random) -> Image.Image:
    blurred = picture.filter(ImageFilter.GaussianBlur(chance.choice((0, 0, 0.8, 1.5, 2.2, 3.0))))
    noise = np.random.default_rng(chance.randint(0, 2**31)).normal(
        0, chance.choice((0, 6, 18, 35)), (*_SIZE[::-1], 3)
    )
    return Image.fromarray(np.clip(np.asarray(blurred, np.float64) + noise, 0, 255).astype(np.uint8))


def _read(reader: TextReader, path: Path) -> Iterator[Finding]:
    for line in reader.read(path):
        if line.confidence >= 0.6 and sum(map(str.isalnum, line.text)) > 1:
            yield Finding(
                name="text",
                modality="text",
                value=line.text,
                start_s=0.0,
                end_s=5.0,
                confidence=line.confidence,
                producer="text",
                producer_version="1",
                box=line.box,
            )
