from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.picture_measures import Luma
from functions.analyze.stretches.stillness import Stillness
from functions.analyze.stretches.stretch import Stretch

STEP_S = 0.1


def scene(seconds: float, *, pan: float = 0.0, noise: float = 0.0, seed: int = 1) -> list[Luma]:
    """Returns pictures, ten a second, of a texture that moves by some pixels each."""
    rng = np.random.default_rng(seed)
    wide = np.kron(rng.uniform(0.2, 0.8, (18, 200)), np.ones((5, 5)))
    pictures = []
    for index in range(round(seconds / STEP_S)):
        left = round(index * pan)
        picture = wide[:, left : left + 160] + rng.normal(0, noise, (90, 160))
        pictures.append(picture.astype(np.float32))
    return pictures


def watched(pictures: list[Luma], cuts: tuple[float, ...] = ()) -> list[Stretch]:
    stillness, shots = Stillness(), [0.0, *cuts]
    for index, picture in enumerate(pictures):
        while shots and shots[0] <= index * STEP_S + 0.001:
            stillness.begin_shot(shots.pop(0))
        stillness.observe(index * STEP_S, picture)
    stillness.close(len(pictures) * STEP_S)
    return stillness.found


def spans(found: list[Stretch], name: str) -> list[tuple[float, float]]:
    return [(round(one.start_s, 1), round(one.end_s, 1)) for one in found if one.name == name]


def test_a_slide_between_moving_pictures_is_still() -> None:
    found = watched([*scene(2, pan=2), *scene(3, seed=2), *scene(2, pan=2, seed=3)], cuts=(2.0, 5.0))
    assert spans(found, "still") == [(2.0, 5.0)]
    assert found[0].value == pytest.approx(3.0, abs=0.05)
    assert found[0].confidence > 0.9
    assert not spans(found, "frozen")


def test_a_picture_that_hangs_within_moving_ones_is_frozen() -> None:
    moving = scene(6, pan=2)
    found = watched([*moving[:20], *[moving[20]] * 15, *moving[20:]])
    assert spans(found, "frozen") == [(2.0, 3.6)]


def test_an_encoder_that_renews_a_picture_that_hangs_does_not_hide_it() -> None:
    moving = scene(6, pan=2)
    renewed = (moving[20] + np.random.default_rng(5).normal(0, 0.003, (90, 160))).astype(np.float32)
    found = watched([*moving[:20], *[moving[20]] * 8, *[renewed] * 7, *moving[20:]])
    assert spans(found, "frozen") == [(2.0, 3.6)]


@pytest.mark.parametrize(("pan", "noise"), [(0.2, 0.0), (0.0, 0.05)], ids=["slow pan", "noise"])
def test_what_moves_slowly_or_is_noisy_is_not_still(pan: float, noise: float) -> None:
    assert not watched(scene(6, pan=pan, noise=noise))


def test_a_tripod_that_sees_a_little_noise_is_still_but_not_frozen() -> None:
    moving = scene(6, pan=2)
    rng = np.random.default_rng(5)
    resting = [(moving[20] + rng.normal(0, 0.004, (90, 160))).astype(np.float32) for _ in range(20)]
    found = watched([*moving[:20], *resting, *moving[20:]])
    assert spans(found, "still") == [(2.0, 4.1)]
    assert not spans(found, "frozen")


def test_a_title_that_comes_to_rest_until_the_cut_is_not_frozen() -> None:
    moving = scene(4, pan=2)
    found = watched([*moving[:20], *[moving[20]] * 20, *scene(2, pan=2, seed=3)], cuts=(4.0,))
    assert spans(found, "still") == [(2.0, 4.0)]
    assert not spans(found, "frozen")


def test_what_comes_to_rest_and_only_blinks_is_not_frozen() -> None:
    moving, rest = scene(2, pan=2), scene(2, pan=2)[-1]
    found = watched([*moving, *[rest] * 20, (rest * 0.9).astype(np.float32), *[rest] * 20])
    assert len(spans(found, "still")) == 2
    assert not spans(found, "frozen")


def test_less_than_a_second_is_nothing() -> None:
    moving = scene(4, pan=2)
    assert not watched([*moving[:20], *[moving[20]] * 7, *moving[20:]])


def test_black_is_no_still() -> None:
    assert not watched([np.full((90, 160), 0.05, np.float32)] * 30)
