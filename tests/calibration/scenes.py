"""Short videos that are damaged to a degree which is drawn by lot: too little to see, just so, or badly."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np

from functions.analyze.strategies.pictures import PicturesAnalyzer
from shared.domain.records import Finding
from shared.processors.tagger import TaggingInput
from shared.testing.videos import media_info
from tests.calibration.measured import MeasuredCase
from tests.drawn_video import COLUMNS, ROWS, Caption, DrawnVideo, Picture, landscape, plain
from tests.media.understanding import draw_clip, findings_in

__all__ = ["scene_cases"]

_LENGTH_S: Final = 8.0
_PART_S: Final = (2.0, 6.0)  # what is damaged where not all is
_JUDGED: Final = frozenset(
    {
        "frozen picture",
        "letterbox",
        "noisy picture",
        "overexposed",
        "pillarbox",
        "slides",
        "static picture",
        "underexposed",
    }
)

_Show: TypeAlias = Callable[[float], Picture]
_Damaged: TypeAlias = tuple[_Show, str]  # with the label that it deserves then; empty for none


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is shown and written, what is true of it, and whether it has edges that blur would take."""

    show: _Show
    captions: tuple[Caption, ...] = ()
    labels: frozenset[str] = frozenset()
    is_sharp: bool = False


def scene_cases(folder: Path, count: int, seed: int) -> Iterator[MeasuredCase]:
    """Yields cases of one video each, coded and measured as the stages do.

    Args:
        folder: Where videos are kept.
        count: How many.
        seed: The same videos come out of the same seed.
    """
    chance = random.Random(seed)
    for number in range(count):
        name = f"scene {seed}-{number}"
        damage, scenes = chance.choice(_DAMAGES)
        scene = chance.choice(scenes)(chance)
        show, label = damage(scene.show, chance)
        own = folder / name
        own.mkdir()
        clip = draw_clip(own / "clip.mp4", _LENGTH_S, DrawnVideo(show, scene.captions))
        findings = [*findings_in(clip, own, PicturesAnalyzer), *_read(scene.captions)]
        video = TaggingInput(media=media_info(duration_s=_LENGTH_S), segments=(), findings=findings)
        judged = _JUDGED | {"blurred"} if scene.is_sharp else _JUDGED
        yield MeasuredCase(name=name, video=video, judged=judged, labels=scene.labels | {label})


def _read(captions: tuple[Caption, ...]) -> Iterator[Finding]:
    for caption in captions:
        line = caption.line(caption.start_s)
        assert line
        yield Finding(
            name="text",
            modality="text",
            value=line.text,
            start_s=caption.start_s,
            end_s=caption.end_s,
            confidence=line.confidence,
            producer="text",
            producer_version="1",
            box=line.box,
        )


def _panned(chance: random.Random) -> _Scene:
    return _Scene(landscape(chance.randint(0, 10**6), chance.choice((15.0, 30.0, 60.0))))


def _shapes(chance: random.Random) -> _Scene:
    rng = np.random.default_rng(chance.randint(0, 10**6))
    wide = np.full((ROWS, 2 * COLUMNS, 3), chance.randint(60, 150), np.uint8)
    for _ in range(chance.choice((60, 200))):
        x, y, size = rng.integers((0, 0, 8), (2 * COLUMNS, ROWS, 60))
        color = [int(level) for level in rng.integers(40, 215, 3)]
        cv2.rectangle(wide, (int(x), int(y)), (int(x + size), int(y + size // 2)), color, -1)
    speed = chance.choice((10, 30, 60))
    return _Scene(
        lambda time_s: np.asarray(wide[:, round(time_s * speed) :][:, :COLUMNS], np.uint8), is_sharp=True
    )


def _still(chance: random.Random) -> _Scene:
    show = landscape(chance.randint(0, 10**6), 0.0)
    return _Scene(show, labels=frozenset({"static picture"}))


def _slides(chance: random.Random) -> _Scene:
    """Slides, the second of them with another line or two; or one with too little on it to be a slide."""
    lines = chance.choice((1, 4))
    captions = [
        Caption(text=f"{word} of the {number + 1}. kind", start_s=0, end_s=_LENGTH_S, baseline=70 + 60 * number)
        for number, word in zip(range(lines), ("Reasons", "Methods", "Results", "Remarks"), strict=False)
    ]
    captions += [Caption(text="What follows from it", start_s=4, end_s=_LENGTH_S, baseline=330, scale=0.7)]
    labels = {"static picture", "slides"} if lines > 1 else {"static picture"}
    return _Scene(plain(chance.choice((30, 60, 110))), tuple(captions), frozenset(labels))


def _captioned(chance: random.Random) -> _Scene:
    captions = tuple(
        Caption(text=f"And then we saw {number}", start_s=2.0 * number, end_s=2.0 * number + 1.6)
        for number in range(4)
    )
    return _Scene(_panned(chance).show, captions)


def _unharmed(show: _Show, chance: random.Random) -> _Damaged:
    del chance
    return show, ""


def _on_the_whole_or_a_part(
    show: _Show, change: Callable[[Picture, float], Picture], chance: random.Random
) -> _Show:
    from_s, to_s = chance.choice((_PART_S, (0.0, _LENGTH_S)))

    def shown(time_s: float) -> Picture:
        picture = show(time_s)
        return np.asarray(change(picture, time_s), np.uint8) if from_s <= time_s < to_s else picture

    return shown


def _blurred(show: _Show, chance: random.Random) -> _Damaged:
    sigma = chance.choice((0.5, 1.0, 2.0, 4.0, 6.0))
    changed = _on_the_whole_or_a_part(
        show, lambda picture, _: np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8), chance
    )
    return changed, "blurred" if sigma >= 2 else ""


def _noisy(show: _Show, chance: random.Random) -> _Damaged:
    sigma = chance.choice((2, 5, 9, 14, 20))

    def change(picture: Picture, time_s: float) -> Picture:
        noise = np.random.default_rng(round(time_s * 100)).normal(0, sigma, (ROWS, COLUMNS, 1))
        return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)

    return _on_the_whole_or_a_part(show, change, chance), "noisy picture" if sigma >= 9 else ""


def _bright(show: _Show, chance: random.Random) -> _Damaged:
    gain = chance.choice((1.4, 1.9, 2.5, 3.5))
    burnt = float((show(4.0).astype(float).mean(axis=2) * gain >= 255).mean())
    changed = _on_the_whole_or_a_part(
        show, lambda picture, _: np.asarray(np.clip(picture * gain, 0, 255), np.uint8), chance
    )
    return changed, "overexposed" if burnt >= 0.25 else ""


def _dim(show: _Show, chance: random.Random) -> _Damaged:
    gain = chance.choice((0.15, 0.25, 0.4, 0.6))
    dark = float(np.quantile(show(4.0).mean(axis=2), 0.99)) * gain <= 0.22 * 255
    changed = _on_the_whole_or_a_part(show, lambda picture, _: np.asarray(picture * gain, np.uint8), chance)
    return changed, "underexposed" if dark else ""


def _barred(show: _Show, chance: random.Random) -> _Damaged:
    name = chance.choice(("letterbox", "pillarbox"))
    share = chance.choice((0.0, 0.01, 0.06, 0.12, 0.25))
    rows, columns = (round(ROWS * share / 2), 0) if name == "letterbox" else (0, round(COLUMNS * share / 2))

    def shown(time_s: float) -> Picture:
        picture = np.zeros((ROWS, COLUMNS, 3), np.uint8)
        inside = (slice(rows, ROWS - rows), slice(columns, COLUMNS - columns))
        picture[inside] = show(time_s)[inside]
        return picture

    return shown, name if share >= 0.06 else ""


def _hanging(show: _Show, chance: random.Random) -> _Damaged:
    for_s = chance.choice((0.3, 0.6, 1.5, 3.0))
    moves = bool((show(3.0) != show(3.5)).any())

    def shown(time_s: float) -> Picture:
        return show(3.0 if 3.0 <= time_s < 3.0 + for_s else time_s)

    return shown, "frozen picture" if for_s >= 1 and moves else ""


_DAMAGES: Final = (
    (_unharmed, (_still, _slides, _captioned)),
    (_blurred, (_shapes,)),
    (_blurred, (_shapes,)),
    (_noisy, (_shapes, _panned)),
    (_bright, (_shapes, _panned)),
    (_dim, (_shapes, _panned)),
    (_barred, (_shapes, _panned, _captioned)),
    (_hanging, (_shapes, _panned)),
)
"""What may be done, each to which scenes: what is written stays sharp and bright whatever happens behind it."""
