"""Stretches of known kinds in clips that went through an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from functions.analyze.strategies.pictures import PicturesAnalyzer
from shared.domain.encoding import GOP_S
from shared.domain.records import Finding
from tests.drawn_video import ROWS, DrawnVideo, Picture, landscape
from tests.media.understanding import draw_clip, findings_in

MEASURED = {"motion", "focus", "brightness", "sharpness", "dominant_colors"}
PANNED = landscape(3, 60.0)


def shapes(time_s: float) -> Picture:
    """Returns sharp shapes before which a camera pans."""
    left = round(time_s * 60)
    return np.asarray(all_shapes()[:, left : left + 640], np.uint8)


@cache
def all_shapes() -> Picture:
    rng = np.random.default_rng(8)
    picture = np.full((ROWS, 1600, 3), 110, np.uint8)
    for _ in range(300):
        x, y, size, level = rng.integers((0, 0, 8, 60), (1600, ROWS, 50, 200))
        corner = (int(x + size), int(y + size // 2))
        cv2.rectangle(picture, (int(x), int(y)), corner, (int(level),) * 3, -1)
    return picture


def hanging(time_s: float) -> Picture:
    return PANNED(min(time_s, 2.0) if time_s < 4 else time_s - 2)


def narrow(time_s: float) -> Picture:
    picture = PANNED(time_s).copy()
    picture[:48] = picture[-48:] = 0
    return picture


def glaring(time_s: float) -> Picture:
    gain = 3.2 if 2 <= time_s < 5 else 1.0
    return np.asarray(np.clip(PANNED(time_s) * gain, 0, 255), np.uint8)


def dim(time_s: float) -> Picture:
    return np.asarray(PANNED(time_s) * (0.18 if 2 <= time_s < 5 else 1.0), np.uint8)


def defocused(time_s: float) -> Picture:
    picture = shapes(time_s)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.uint8) if 3 <= time_s < 9 else picture


def noisy(time_s: float) -> Picture:
    picture = shapes(time_s)
    if not 3 <= time_s < 9:
        return picture
    noise = np.random.default_rng(round(time_s * 25)).normal(0, 20, (ROWS, 640, 1))
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def stretches(findings: Sequence[Finding]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for finding in findings:
        if finding.name not in MEASURED:
            found.setdefault(finding.name, []).append((finding.start_s, finding.end_s))
    return found


@pytest.mark.parametrize(
    ("behind", "seconds", "name", "expected", "exact_s"),
    [
        (hanging, 7.0, "frozen", (2.0, 4.0), 0.25),
        (narrow, 3.0, "letterbox", (0.0, 3.0), 0.05),
        (glaring, 7.0, "overexposed", (2.0, 5.0), 0.25),
        (dim, 7.0, "underexposed", (2.0, 5.0), 0.25),
        (defocused, 12.0, "blurred", (3.0, 9.0), GOP_S),
        (noisy, 12.0, "noisy", (3.0, 9.0), GOP_S),
    ],
)
def test_a_stretch_is_found_where_it_is(
    tmp_path: Path, behind: object, seconds: float, name: str, expected: tuple[float, float], exact_s: float
) -> None:
    assert callable(behind)
    clip = draw_clip(tmp_path / "clip.mp4", seconds, DrawnVideo(behind))
    found = stretches(findings_in(clip, tmp_path, PicturesAnalyzer))
    assert set(found) - {"still"} == {name}
    ((start_s, end_s),) = found[name]
    assert start_s == pytest.approx(expected[0], abs=exact_s)
    assert end_s == pytest.approx(expected[1], abs=exact_s)


def test_footage_without_faults_has_none(tmp_path: Path) -> None:
    clip = draw_clip(tmp_path / "clip.mp4", 6.0, DrawnVideo(shapes))
    assert not stretches(findings_in(clip, tmp_path, PicturesAnalyzer))


def test_real_footage_is_not_blamed(real_media: Path, tmp_path: Path) -> None:
    """Judged by eye: one of these has bars, and none is badly exposed, blurred, noisy or hangs."""
    bars = {"second_vid.mp4": {"letterbox"}}
    for name in (
        "ChromeCast.mp4",
        "second_vid.mp4",
        "slidechanges.mov",
        "pixel8_en_combo_0_v.mp4",
        "bear-vp9-opus.webm",
    ):
        folder = tmp_path / name
        folder.mkdir()
        found = stretches(findings_in(real_media / name, folder, PicturesAnalyzer))
        assert set(found) - {"still"} == bars.get(name, set()), name
