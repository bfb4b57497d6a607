"""Decks of slides made by chance: what is written on them is known, and when another slide comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from tests.media.edits.sceneries import Pictures

__all__ = ["Deck", "make_deck"]

_ROWS, _COLUMNS = 360, 640

Picture: TypeAlias = npt.NDArray[np.uint8]
_WORDS: Final = (
    *("harvest", "results", "water", "soil", "every", "morning", "evening", "litres", "per", "plant", "warm"),
    *("compost", "sunny", "place", "schedule", "read", "more", "tickets", "garden", "budget", "revenue", "grew"),
    *("percent", "market", "plan", "next", "steps", "thank", "you", "questions", "team", "outlook", "summary"),
)
_PALE, _DARK = (225, 255), (15, 70)


@dataclass(frozen=True, slots=True)
class Deck:
    """Slides as a video shows them.

    Attributes:
        pictures: One a second.
        begins: Seconds at which another slide begins.
    """

    pictures: Pictures
    begins: tuple[int, ...]


@dataclass(slots=True)
class _Template:
    """What the slides of a deck have in common.

    Attributes:
        ground: Its colour.
        ink: That of the words.
        bar: Rows of a bar at the top, with a logo in it.
        sides: Columns on either side that are black, as of slides that are less wide.
        clock: Whether the time runs on in a corner.
    """

    ground: tuple[int, ...]
    ink: tuple[int, ...]
    bar: int
    sides: int
    clock: bool


def make_deck(seed: int) -> Deck:
    """Returns a deck of four to seven slides.

    Between them lines are added, a clock runs on, and a pointer is moved, which makes no other slide.
    """
    rng = np.random.default_rng([seed, 77])
    template = _template(rng)
    pictures, begins = list[Picture](), list[int]()
    for _ in range(int(rng.integers(4, 8))):
        if rng.random() < 0.4:
            template.ground, template.ink = _colors(rng)
        lines = [_words(rng, 2, 4)] + [_words(rng, 2, 6) for _ in range(int(rng.integers(1, 6)))]
        begins += [len(pictures)]
        shown = len(lines) if rng.random() < 0.6 else 2
        pointer = None if rng.random() < 0.6 else rng.integers(40, 300, 2)
        for second in range(int(rng.integers(6, 12))):
            at = None if pointer is None else pointer + 40 * (second // 3)
            time = f"{len(pictures) // 60}:{len(pictures) % 60:02}" if template.clock else ""
            pictures += [_slide(template, lines[: shown + second // 3], time, at)]
    return Deck(np.stack(pictures), tuple(begins[1:]))


def _template(rng: np.random.Generator) -> _Template:
    ground, ink = _colors(rng)
    return _Template(
        ground, ink, int(rng.choice([0, 0, 24])), int(rng.choice([0, 0, 80])), bool(rng.random() < 0.3)
    )


def _colors(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pale, dark = (tuple(int(part) for part in rng.integers(*span, 3)) for span in (_PALE, _DARK))
    return (pale, dark) if rng.random() < 0.6 else (dark, pale)


def _words(rng: np.random.Generator, least: int, most: int) -> str:
    return " ".join(rng.choice(_WORDS, int(rng.integers(least, most + 1)))).capitalize()


def _slide(template: _Template, lines: Sequence[str], time: str, pointer: npt.NDArray[np.int64] | None) -> Picture:
    picture = np.full((_ROWS, _COLUMNS, 3), template.ground, np.uint8)
    if template.bar:
        picture[: template.bar] = (40, 90, 160)
        picture[6:18, 580:630] = 240
    left = template.sides + 20
    for number, line in enumerate(lines):
        place = (left, 66) if number == 0 else (left + 10, 66 + 42 * number)
        size, weight = (1.2, 2) if number == 0 else (0.7, 1)
        cv2.putText(picture, line, place, cv2.FONT_HERSHEY_DUPLEX, size, template.ink, weight, cv2.LINE_AA)
    cv2.putText(picture, time, (520, 350), cv2.FONT_HERSHEY_DUPLEX, 0.5, template.ink, 1, cv2.LINE_AA)
    if pointer is not None:
        cv2.circle(picture, (int(pointer[0]), int(pointer[1])), 6, (220, 40, 40), -1)
    if template.sides:
        picture[:, : template.sides] = picture[:, -template.sides :] = 0
    return picture
