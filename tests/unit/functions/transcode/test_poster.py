"""Posters: what makes one picture better than another, on pictures with known answers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from functions.transcode.poster import Candidate, Picture, best, candidate_times, measure, seen

_SIZE = (360, 640, 3)


def scene() -> Picture:
    """Returns coloured blocks of many sizes on grey, as sharp as can be."""
    rng = np.random.default_rng(1)
    picture = np.full(_SIZE, 110, np.uint8)
    for _ in range(150):
        x, y = rng.integers(0, 640), rng.integers(0, 360)
        color = tuple(int(part) for part in rng.integers(20, 235, 3))
        cv2.rectangle(
            picture, (int(x), int(y)), (int(x + rng.integers(5, 80)), int(y + rng.integers(5, 80))), color, -1
        )
    return picture


def slide() -> Picture:
    """Returns dark lines of writing on white, under a blue bar."""
    picture = np.full(_SIZE, 235, np.uint8)
    picture[:50] = (140, 70, 20)
    for line in range(5):
        place = (40, 110 + 50 * line)
        cv2.putText(
            picture, f"Line {line} says something new", place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2
        )
    return picture


def face(skin: tuple[int, int, int]) -> Picture:
    """Returns a drawn face of some skin (blue, green, red) before a wall."""
    picture = np.full(_SIZE, (120, 100, 60), np.uint8)
    picture[::20] = (90, 80, 50)
    cv2.ellipse(picture, (320, 170), (75, 100), 0, 0, 360, skin, -1)
    dark = tuple(part // 3 for part in skin)
    for x in (290, 350):
        cv2.ellipse(picture, (x, 145), (14, 7), 0, 0, 360, dark, -1)
    cv2.ellipse(picture, (320, 220), (28, 9), 0, 0, 360, dark, -1)
    return picture


def credits_card() -> Picture:
    """Returns small white lines of writing in the middle of black."""
    picture = np.zeros(_SIZE, np.uint8)
    for line in range(7):
        place = (150, 80 + 32 * line)
        cv2.putText(picture, f"Produced by somebody {line}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255,) * 3, 2)
    return picture


def blurred(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 4), np.uint8)


def dimmed(picture: Picture, share: float, white: int = 0) -> Picture:
    """Returns a picture on its way to black, or to white."""
    return np.asarray(picture * share + white * (1 - share), np.uint8)


def chosen(*pictures: Picture) -> tuple[int, str]:
    """Returns which picture is the best, and why."""
    candidates = [
        Candidate(time_s=float(index), path=Path("p.jpg"), traits=measure(picture))
        for index, picture in enumerate(pictures)
    ]
    candidate, reason = best(candidates)
    return int(candidate.time_s), reason


@pytest.mark.parametrize(
    "worse",
    [
        blurred(scene()),
        dimmed(scene(), 0.15),
        dimmed(scene(), 0.4, white=255),
        dimmed(scene(), 0.3, white=110),
        np.asarray(cv2.cvtColor(cv2.cvtColor(scene(), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8),
        np.zeros(_SIZE, np.uint8),
        np.full(_SIZE, 255, np.uint8),
        np.full(_SIZE, (200, 80, 30), np.uint8),
    ],
    ids=["blurred", "dark", "fades to white", "fades to grey", "grey", "black", "white", "one colour"],
)
def test_the_better_picture_is_chosen_wherever_it_is(worse: Picture) -> None:
    assert chosen(worse, scene())[0] == 1
    assert chosen(scene(), worse)[0] == 0


def test_sharpness_counts_for_more_than_a_little_contrast() -> None:
    paler = dimmed(scene(), 0.9, white=110)
    soft = np.asarray(cv2.GaussianBlur(scene(), (0, 0), 1.5), np.uint8)
    assert measure(soft).contrast > measure(paler).contrast
    assert chosen(soft, paler)[0] == 1


def test_noise_is_no_detail() -> None:
    noisy = blurred(scene()) + np.random.default_rng(1).integers(0, 12, _SIZE).astype(np.uint8)
    assert measure(noisy).sharpness < measure(scene()).sharpness / 2
    assert chosen(noisy, scene())[0] == 1


def test_writing_counts() -> None:
    blank = slide()
    blank[60:] = 235
    assert measure(slide()).text > 0.5
    assert max(measure(picture).text for picture in (blank, scene(), face((120, 160, 210)))) < 0.1
    index, reason = chosen(blank, slide())
    assert index == 1
    assert "shows writing" in reason


@pytest.mark.parametrize("share", [1.0, 0.45])
def test_any_scene_stands_for_a_film_rather_than_its_credits(share: float) -> None:
    soft = dimmed(np.asarray(cv2.GaussianBlur(scene(), (0, 0), 6), np.uint8), share)
    assert chosen(credits_card(), soft)[0] == 1
    assert chosen(soft, credits_card())[0] == 0


def test_credits_stand_for_a_film_of_nothing_else() -> None:
    index, reason = chosen(np.zeros(_SIZE, np.uint8), credits_card())
    assert index == 1
    assert "shows writing" in reason


@pytest.mark.parametrize(
    "skin", [(175, 200, 240), (120, 160, 210), (70, 105, 160), (50, 72, 110)], ids=["pale", "fair", "tan", "dark"]
)
def test_skin_of_every_tone_counts(skin: tuple[int, int, int]) -> None:
    empty = np.full(_SIZE, (120, 100, 60), np.uint8)
    empty[::20] = (90, 80, 50)
    assert measure(face(skin)).people > 0.5
    assert measure(empty).people == 0
    index, reason = chosen(empty, face(skin))
    assert index == 1
    assert "colours as of skin" in reason


def test_a_wall_of_one_color_is_nobody() -> None:
    wall = np.full(_SIZE, (120, 160, 210), np.uint8)
    table = np.full(_SIZE, (120, 100, 60), np.uint8)
    cv2.rectangle(table, (200, 100), (400, 250), (120, 160, 210), -1)
    assert measure(wall).people == measure(table).people == 0


def test_all_sizes_are_judged_alike() -> None:
    large = np.asarray(cv2.resize(scene(), (1920, 1080), interpolation=cv2.INTER_CUBIC), np.uint8)
    small, same = measure(scene()), measure(large)
    assert same.sharpness == pytest.approx(small.sharpness, rel=0.35)
    assert same.color == pytest.approx(small.color, abs=0.02)
    tiny = np.asarray(cv2.resize(scene(), (16, 2)), np.uint8)
    assert measure(tiny).text == 0


def test_the_reason_is_given_in_words_and_figures() -> None:
    _, reason = chosen(blurred(scene()), scene())
    assert reason.startswith("sharp, well lit, rich in contrast, colourful (sharp 0.35, well lit 0.20")
    assert "best of 2 pictures" in reason


def test_black_films_have_a_poster() -> None:
    nearly = np.zeros(_SIZE, np.uint8)
    nearly[100:120, 100:120] = 40
    index, reason = chosen(np.zeros(_SIZE, np.uint8), nearly)
    assert index == 1
    assert reason.startswith("hardly anything is to be seen")
    assert chosen(np.zeros(_SIZE, np.uint8))[0] == 0


def test_candidates_are_spread_over_the_key_frames() -> None:
    assert candidate_times([0.0, 2.0, 4.0, 6.0, 8.0], 0.0, 10.0) == [0.0, 2.0, 4.0, 6.0, 8.0]
    times_s = candidate_times([2.0 * index for index in range(10_800)], 0.0, 21_600.0)
    assert len(times_s) == 12
    assert (times_s[0], times_s[-1]) == (900.0, 20_700.0)


def test_a_short_video_is_looked_at_all_over() -> None:
    assert candidate_times([0.5], 0.5, 1.3) == pytest.approx([0.6, 0.8, 1.0, 1.2])


def test_large_pictures_are_judged_like_small_ones(tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    cv2.imwrite(str(path), cv2.resize(scene(), (1280, 720), interpolation=cv2.INTER_CUBIC))
    found = seen(3.0, path)
    assert (found.time_s, found.path) == (3.0, path)
    assert found.traits.sharpness == pytest.approx(measure(scene()).sharpness, rel=0.35)
