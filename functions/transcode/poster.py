"""Which picture stands for a video: a sharp, well lit one that shows people or words rather than nothing much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Candidate", "Traits", "best", "candidate_times", "measure", "seen"]

Picture: TypeAlias = npt.NDArray[np.uint8]

_MOST: Final = 12  # about a fiftieth of the work of a minute of 720p; more hardly find a better one
_FEWEST: Final = 4
_SHORT_SIDE: Final = 360  # pixels that are enough to judge by, and make pictures of all sizes comparable

_DARK, _LIT, _BRIGHT, _GLARING = 18.0, 60.0, 195.0, 245.0
_FULL_RANGE: Final = 150.0  # luma between the darkest and the brightest twentieth of a picture with contrast
_VIVID: Final = 60.0
_CROWDED: Final = 0.12
_FEATURES: Final = 0.1
_WRITTEN: Final = 0.06
_FLAT: Final = 6.0

_WEIGHTS: Final = {"sharp": 0.35, "well lit": 0.2, "rich in contrast": 0.15, "colourful": 0.1}
_SUBJECT: Final = 0.2
_UNSURE: Final = 0.6  # wood and brick look like skin, too
_EMPTY: Final = 0.1
_CARD: Final = 0.4
_BLACK: Final = 24  # luma that noise and coding leave of black
_BLACK_SHARE: Final = 0.8  # more than beside an upright picture, or above and below a very wide one
_NOTABLE: Final = 0.6
_NOTABLE_SUBJECT: Final = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is measured of one picture, each 0..1 but sharpness.

    Attributes:
        sharpness: Strength of its finest detail; means something only beside pictures of the same video.
        light: 1 when neither dark nor glaring.
        contrast: 1 when it has dark and bright parts; little in the middle of a fade.
        color: How colourful.
        people: Compact parts with the colours of skin; a sign of faces, no more.
        text: Lines that look like writing.
        is_empty: Black, or one colour all over.
        is_card: Black but for a few words or lights, as credits are: sharp and full of writing, but not a scene.
    """

    sharpness: float
    light: float
    contrast: float
    color: float
    people: float
    text: float
    is_empty: bool
    is_card: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A picture that might be the poster.

    Attributes:
        time_s: When it is shown.
        path: Its JPEG.
        traits: What was measured.
    """

    time_s: float
    path: Path
    traits: Traits


def candidate_times(key_s: Sequence[float], start_s: float, end_s: float) -> list[float]:
    """Returns when to look: at key frames, which cost least and are the best that the encoder made.

    Args:
        key_s: When key frames are shown, in order.
        start_s: When the first picture is shown.
        end_s: When the last one ends.
    """
    if len(key_s) < _FEWEST:  # a short video may begin black and have no other key frame
        return [start_s + (end_s - start_s) * (place + 0.5) / _FEWEST for place in range(_FEWEST)]
    count = min(len(key_s), _MOST)
    return [key_s[int((place + 0.5) * len(key_s) / count)] for place in range(count)]


def seen(time_s: float, path: Path) -> Candidate:
    """Returns a candidate with what is measured of it.

    Args:
        time_s: When it is shown.
        path: Its JPEG.
    """
    return Candidate(time_s=time_s, path=path, traits=measure(np.asarray(cv2.imread(str(path)), np.uint8)))


def measure(picture: Picture) -> Traits:
    """Measures a picture.

    Args:
        picture: (height, width, 3) of blue, green, red.
    """
    height, width = picture.shape[:2]
    scale = _SHORT_SIDE / min(height, width)
    if scale < 1:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    mean, low, high = float(luma.mean()), *(float(edge) for edge in np.percentile(luma, (5, 95)))
    return Traits(
        sharpness=_sharpness(luma),
        light=float(np.interp(mean, (_DARK, _LIT, _BRIGHT, _GLARING), (0, 1, 1, 0))),
        contrast=min((high - low) / _FULL_RANGE, 1.0),
        color=min(_colorfulness(picture) / _VIVID, 1.0),
        people=_people(picture),
        text=_text(luma),
        is_empty=float(luma.std()) < _FLAT,
        is_card=float(np.mean(luma < _BLACK)) >= _BLACK_SHARE,
    )


def best(candidates: Sequence[Candidate]) -> tuple[Candidate, str]:
    """Returns the best picture, and why it is, in words and figures.

    Args:
        candidates: At least one, in time order.
    """
    sharpest = max(candidate.traits.sharpness for candidate in candidates)
    merits = [_merits(candidate.traits, sharpest) for candidate in candidates]
    scores = [
        sum(merit.values()) * (_EMPTY if candidate.traits.is_empty else _CARD if candidate.traits.is_card else 1)
        for candidate, merit in zip(candidates, merits, strict=True)
    ]
    chosen = max(range(len(candidates)), key=lambda index: scores[index])
    words = _words(merits[chosen], candidates[chosen].traits)
    of = f"best of {len(candidates)} pictures, {scores[chosen]:.2f} where the first has {scores[0]:.2f}"
    return candidates[chosen], f"{words}; {of}"


def _merits(traits: Traits, sharpest: float) -> dict[str, float]:
    """Returns what speaks for a picture, each 0..1, weighted; 1 in all for a perfect one."""
    # Half as sharp looks more than half as good, and noise or a test card should not put everything else to shame.
    sharp = (traits.sharpness / sharpest) ** 0.5 if sharpest else 0.0
    parts = {
        "sharp": sharp,
        "well lit": traits.light,
        "rich in contrast": traits.contrast,
        "colourful": traits.color,
    }
    merits = {name: _WEIGHTS[name] * part for name, part in parts.items()}
    return merits | {"subject": _SUBJECT * max(_UNSURE * traits.people, traits.text)}


def _words(merits: dict[str, float], traits: Traits) -> str:
    if traits.is_empty:
        return "hardly anything is to be seen in any"
    said = [name for name, weight in _WEIGHTS.items() if merits[name] >= _NOTABLE * weight]
    said += ["colours as of skin"] if traits.people >= _NOTABLE_SUBJECT else []
    said += ["shows writing"] if traits.text >= _NOTABLE_SUBJECT else []
    figures = ", ".join(f"{name} {value:.2f}" for name, value in merits.items())
    return f"{', '.join(said) or 'none is better'} ({figures})"


def _sharpness(luma: Picture) -> float:
    """Returns the standard deviation of the Laplacian; a little blur first, so that noise is no detail."""
    return float(cv2.Laplacian(cv2.GaussianBlur(luma, (3, 3), 0), cv2.CV_32F).std())


def _colorfulness(picture: Picture) -> float:
    """Returns the measure of Hasler and Süsstrunk (2003): 15 is hardly, 60 quite, 100 very colourful."""
    blue, green, red = (picture[..., channel].astype(np.float32) for channel in range(3))
    opponents = (red - green, (red + green) / 2 - blue)
    spread = math.hypot(*(float(one.std()) for one in opponents))
    return spread + 0.3 * math.hypot(*(float(one.mean()) for one in opponents))


def _people(picture: Picture) -> float:
    """Returns how much of a picture may be faces: patches with the hue of skin, compact, with features in them."""
    luma, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb))
    # Skin of every tone lies in this range of hues; only brightness differs, down to what a camera still sees.
    skin = cv2.inRange(cv2.merge((luma, red, blue)), (50, 137, 80), (245, 172, 124))
    skin = cv2.morphologyEx(skin, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    count, _, stats, _ = cv2.connectedComponentsWithStats(skin, connectivity=4)
    pixels, faces = skin.size, 0.0
    for x, y, width, height, area in stats[1:count]:
        compact = area / (width * height)
        if not (0.004 * pixels <= area <= 0.3 * pixels and 0.5 <= width / height <= 1.6 and compact >= 0.45):
            continue
        # Eyes, brows and mouth are darker than what is around them: a wall or a table has none.
        patch = luma[y : y + height, x : x + width]
        if float(patch.std()) >= _FEATURES * float(patch.mean()):
            faces += area
    return float(min(faces / pixels / _CROWDED, 1.0))


def _text(luma: Picture) -> float:
    """Returns how much of a picture may be writing: many strokes close together in lines."""
    strokes = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    _, strong = cv2.threshold(strokes, 70, 255, cv2.THRESH_BINARY)
    lines = cv2.morphologyEx(strong, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (11, 1)))
    count, _, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    rows, written = luma.shape[0], 0.0
    for x, y, width, height, area in stats[1:count]:
        if not (8 <= height <= rows / 5 and width >= 2.5 * height and area >= 0.5 * width * height):
            continue
        # Between letters lies the background: many changes along the line, unlike along an edge.
        row = strong[y : y + height, x : x + width]
        changes = float((row[:, 1:] != row[:, :-1]).sum()) / (height * width)
        if changes >= 0.12:
            written += width * height
    return float(min(written / luma.size / _WRITTEN, 1.0))
