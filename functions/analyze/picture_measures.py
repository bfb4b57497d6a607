"""Measures of one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["BLACK", "Luma", "Picture", "color_shares", "luma", "noise", "sharpness"]

Picture = npt.NDArray[np.uint8]
Luma = npt.NDArray[np.float32]

BLACK: Final = 24 / 255
"""Luma of what is meant to be black: noise and coding leave that of it."""

_BLUR_TAPS: Final = 9
_MEASURED_SIDES: Final = (640, 320)
"""Detail counts at the size it is watched at, so that 4K is not always "sharp"; at half of it, what noise
and coding add to a blurred picture is gone."""

_FLAT_LEVELS: Final = 4.0  # of 255; what varies less is noise, which is always sharp, or nothing, which never is
_BLOCK: Final = 16
_CALMEST: Final = 0.1  # the share of blocks that has least detail: what they have is noise
_UNCLIPPED: Final = (16, 239)  # where black and white don't cut noise off
_LAPLACIANS: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_HUES: Final = (  # first hue of a name, in degrees
    (0, "red"),
    (15, "orange"),
    (45, "yellow"),
    (70, "green"),
    (165, "cyan"),
    (195, "blue"),
    (260, "purple"),
    (290, "pink"),
    (345, "red"),
)


def luma(rgb: Picture) -> Luma:
    """Returns each pixel's luma by ITU-R BT.709, 0 black .. 1 white."""
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
    return np.asarray(rgb.astype(np.float32) @ weights, np.float32)


def sharpness(bgr: Picture) -> float | None:
    """Returns the share of a picture's fine detail that blurring it would destroy, 0..1; None for a flat picture.

    The idea of Crete et al., "The blur effect" (2007): a picture that is blurred already hardly changes.
    """
    return min((detail for side in _MEASURED_SIDES if (detail := _detail(bgr, side)) is not None), default=None)


def _detail(bgr: Picture, side: int) -> float | None:
    scale = min(side / max(bgr.shape[:2]), 1.0)
    small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    if gray.std() < _FLAT_LEVELS:
        return None
    return min(_detail_lost(gray, (1, _BLUR_TAPS), 0), _detail_lost(gray, (_BLUR_TAPS, 1), 1))


def _detail_lost(gray: Any, kernel: tuple[int, int], axis: int) -> float:
    before = np.abs(np.diff(gray, axis=axis))
    after = np.abs(np.diff(cv2.blur(gray, kernel), axis=axis))
    total = float(before.sum())
    return float(np.maximum(before - after, 0).sum()) / total if total else 0.0


def noise(bgr: Picture) -> float:
    """Returns the standard deviation of luma, of 1, that noise makes; 0 where nothing is flat enough to see it.

    The idea of Immerkær, "Fast Noise Variance Estimation" (1996): a mask that answers neither to slopes nor to
    straight edges; applied where the picture shows least.
    """
    gray = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    rows, columns = gray.shape[0] // _BLOCK * _BLOCK, gray.shape[1] // _BLOCK * _BLOCK
    if not rows or not columns:
        return 0.0
    gray = gray[:rows, :columns]
    answer = np.abs(cv2.filter2D(gray, cv2.CV_32F, _LAPLACIANS))
    size = (columns // _BLOCK, rows // _BLOCK)
    strength = cv2.resize(answer, size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    fair = strength[(mean >= _UNCLIPPED[0]) & (mean <= _UNCLIPPED[1])]
    if not fair.size:
        return 0.0
    return float(np.quantile(fair, _CALMEST)) * math.sqrt(math.pi / 2) / 6 / 255


def color_shares(bgr: Picture) -> Sequence[tuple[str, float]]:
    """Returns the names of a picture's colours and the share of its area each has, largest first."""
    small = cv2.resize(bgr, (64, 64), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2HSV).reshape(-1, 3)
    names, counts = np.unique(_color_names(*hsv.T), return_counts=True)
    shares = zip(names.tolist(), (counts / len(hsv)).tolist(), strict=True)
    return sorted(shares, key=lambda pair: -pair[1])


def _color_names(hue: Luma, saturation: Luma, value: Luma) -> npt.NDArray[np.str_]:
    """Returns the name of each of some colours: hues in degrees, saturations and values 0..1."""
    firsts, names = zip(*_HUES, strict=True)
    named = np.array(names)[np.searchsorted(np.array(firsts), hue, "right") - 1]
    pale = (named == "red") & (saturation < 0.55)
    cases = {
        "black": value < 0.2,
        "white": (saturation < 0.2) & (value > 0.85),
        "gray": saturation < 0.2,
        "pink": pale & (value > 0.6),
        "brown": pale | ((named == "orange") & (value < 0.6)),
    }
    return np.select(list(cases.values()), list(cases), named)
