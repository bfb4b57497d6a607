from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.segment.strategies.shots import ShotSegmenter
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.testing.footage import Footage, Pictures, edited_footage, take
from shared.testing.videos import media_info, video_stream


def shots_in(frames: Iterable[Frame], **stream: Any) -> Sequence[Segment]:
    segmenter = ShotSegmenter(cast("Any", SimpleNamespace()))
    segmenter.start(media_info(video=(video_stream(**stream),)))
    for frame in frames:
        segmenter.observe_frame(frame)
    return [segment for segment in segmenter.finish() if segment.kind == "shot"]


def shots_of(footage: Footage) -> Sequence[Segment]:
    return shots_in(footage.frames(), duration_s=len(footage.pictures) / footage.fps)


def begins(shots: Sequence[Segment], transition: str) -> list[int | None]:
    return [shot.start_frame for shot in shots if shot.transition_in == transition]


def assert_tiles(shots: Sequence[Segment], frames: int) -> None:
    assert [shot.index for shot in shots] == list(range(len(shots)))
    assert shots[0].start_frame == 0
    assert shots[-1].end_frame == frames
    for shot, following in pairwise(shots):
        assert (shot.end_frame, shot.end_s) == (following.start_frame, following.start_s)
    for shot in shots:
        assert shot.start_s < shot.end_s
        assert cast("int", shot.start_frame) < cast("int", shot.end_frame)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_hard_cuts_are_exact_to_the_frame(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 40)).cut(take(rng, 30)).cut(take(rng, 50))
    shots = shots_of(footage)
    assert begins(shots, "none") == [0]
    assert begins(shots, "cut") == [40, 70]
    assert [shot.start_s for shot in shots] == [0.0, 1.6, 2.8]
    assert shots[-1].end_s == pytest.approx(4.8)


def test_cuts_a_few_frames_apart_are_all_found(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 30))
    for _ in range(3):
        footage.cut(take(rng, 5))
    footage.cut(take(rng, 30))
    assert begins(shots_of(footage), "cut") == [30, 35, 40, 45]


def test_a_cut_just_before_the_end_is_found(rng: np.random.Generator) -> None:
    assert begins(shots_of(Footage().cut(take(rng, 40)).cut(take(rng, 2))), "cut") == [40]


def test_a_frame_blended_across_a_cut_does_not_hide_it(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 40)).cut(take(rng, 40))
    before, after = footage.pictures[39].astype(int), footage.pictures[41].astype(int)
    footage.pictures[40] = (before + after) // 2
    [cut] = begins(shots_of(footage), "cut")
    assert cut in (40, 41)


@pytest.mark.parametrize("times", [(2,), (2, 2, 2, 4)], ids=["doubled", "converted twice"])
def test_repeated_frames_do_not_make_movement_a_cut(rng: np.random.Generator, times: tuple[int, ...]) -> None:
    shaken = take(rng, 60, pan=4, shake=3)
    repeated = np.repeat(shaken, np.resize(times, 60), axis=0)
    assert len(shots_of(Footage(fps=50).cut(repeated))) == 1


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_flash_is_no_cut(rng: np.random.Generator, length: int) -> None:
    pictures = take(rng, 60)
    pictures[30 : 30 + length] = 255
    assert len(shots_of(Footage().cut(pictures))) == 1


def test_a_trembling_camera_makes_no_cut(rng: np.random.Generator) -> None:
    assert len(shots_of(Footage().cut(take(rng, 100, shake=4)))) == 1


def test_a_whip_pan_is_no_cut(rng: np.random.Generator) -> None:
    assert len(shots_of(Footage().cut(take(rng, 60, pan=14)))) == 1


def test_letter_boxes_do_not_make_pictures_alike(rng: np.random.Generator) -> None:
    hazy = [take(rng, 40, noise=0) // 6 + 130 for _ in range(2)]
    footage = Footage().cut(hazy[0]).cut(hazy[1])
    footage.pictures[:, :18] = footage.pictures[:, -18:] = 0
    assert begins(shots_of(footage), "cut") == [40]


def test_a_few_new_words_on_a_slide_are_no_cut(rng: np.random.Generator) -> None:
    slide = np.full((40, 90, 160, 3), 250, np.uint8)
    slide[:, 10:20, 10:150] = 40
    slide[:, 30:80:10, 20:120] = 90
    slide[20:, 70:74, 20:120] = 250
    slide[20:, 76:80, 20:90] = 90
    assert len(shots_of(Footage().cut(slide))) == 1


def test_slides_at_one_frame_a_second() -> None:
    rng = np.random.default_rng(3)
    footage = Footage(fps=1.0)
    for _ in range(4):
        footage.cut(np.repeat(take(rng, 1), 10, axis=0))
    shots = shots_in(footage.frames(), fps=Fraction(1), duration_s=40.0)
    assert begins(shots, "cut") == [10, 20, 30]
    assert [shot.start_s for shot in shots] == [0.0, 10.0, 20.0, 30.0]


def slide(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Returns a slide: a heading, a few lines and a figure on white, each elsewhere."""
    rng = np.random.default_rng(number)
    picture = np.full((90, 160, 3), 250, np.uint8)
    picture[8:15, 10 : 60 + int(rng.integers(80))] = (32, 48, 96)
    for line in range(3):
        top = 22 + 9 * line + int(rng.integers(5))
        picture[top : top + 4, 10 : 60 + int(rng.integers(70))] = 100
    left = 10 + int(rng.integers(100))
    picture[58:82, left : left + 36] = rng.integers(0, 200, 3)
    return picture


def test_slides_that_have_their_ground_in_common_are_shots() -> None:
    footage = Footage(fps=1.0)
    for number in range(5):
        footage.cut(np.repeat(slide(number)[np.newaxis], 6, axis=0))
    shots = shots_in(footage.frames(), fps=Fraction(1), duration_s=30.0)
    assert begins(shots, "cut") == [6, 12, 18, 24]


def test_slides_of_one_frame_each_are_shots() -> None:
    ends = (0.0, 3.2, 5.0, 11.7, 14.0, 21.0)
    frames = [Frame(index=n, time_s=at, rgb=slide(n)) for n, at in enumerate(ends)]
    assert begins(shots_in(frames, fps=Fraction(6, 21), duration_s=25.0), "cut") == [1, 2, 3, 4, 5]


def test_a_slow_time_lapse_is_one_shot(rng: np.random.Generator) -> None:
    moving = take(rng, 200, pan=4)[::5]
    footage = Footage(fps=0.5).cut(moving)
    assert len(shots_in(footage.frames(), fps=Fraction(1, 2), duration_s=80.0)) == 1


def card(ground: tuple[int, int, int], top: int = 20) -> Pictures:
    """Returns a second of a card: two lines of words, which are not all there is at the same height."""
    picture = np.full((90, 160, 3), ground, np.uint8)
    picture[top : top + 9, 15:90] = picture[top + 25 : top + 30, 15:120] = (230, 230, 200)
    return np.repeat(picture[np.newaxis], 25, axis=0)


def test_another_ground_under_the_same_words_is_another_shot() -> None:
    footage = Footage().cut(card((30, 90, 45))).cut(card((120, 35, 40))).cut(card((35, 55, 120)))
    assert begins(shots_of(footage), "cut") == [25, 50]


def test_cards_without_words_are_shots() -> None:
    footage = Footage()
    for color in ((20, 90, 40), (120, 40, 40), (0, 0, 0), (250, 250, 240)):
        footage.cut(np.full((25, 90, 160, 3), color, np.uint8))
    assert begins(shots_of(footage), "cut") == [25, 50, 75]


def test_other_words_on_the_same_ground_are_another_shot() -> None:
    footage = Footage().cut(card((40, 40, 40))).cut(card((40, 40, 40), top=35))
    assert begins(shots_of(footage), "cut") == [25]


@pytest.mark.parametrize("gain", [0.6, 1.6])
def test_a_card_that_gets_brighter_or_darker_is_one_shot(gain: float) -> None:
    other = np.minimum(card((60, 80, 70)) * gain, 255).astype(np.uint8)
    assert len(shots_of(Footage().cut(card((60, 80, 70))).cut(other))) == 1


def test_a_clock_and_a_pointer_on_a_card_are_no_cuts() -> None:
    footage = Footage()
    for second in range(4):
        pictures = card((40, 40, 40))
        pictures[:, 80:86, 130 : 140 + 4 * second] = 200
        pictures[:, 60:64, 20 + 30 * second : 24 + 30 * second] = (250, 60, 60)
        footage.cut(pictures)
    assert len(shots_of(footage)) == 1


def screen(top: int, selected: int = -1) -> Pictures:
    """Returns a second of a screen full of lines, from one of them on, and one in another colour."""
    picture = np.full((90, 160, 3), 24, np.uint8)
    for row, line in enumerate(range(top, top + 14)):
        rng = np.random.default_rng(line)
        if row == selected:
            picture[6 * row + 1 : 6 * row + 7] = (40, 50, 80)
        ends = 4 + np.cumsum(rng.integers(4, 16, int(rng.integers(2, 9))))
        for start, end in pairwise([4, *ends.tolist()]):
            picture[6 * row + 2 : 6 * row + 5, start : end - 2] = 110
    return np.repeat(picture[np.newaxis], 25, axis=0)


def test_a_screen_that_is_scrolled_by_a_line_is_one_shot() -> None:
    footage = Footage()
    for top in range(8):
        footage.cut(screen(top))
    assert len(shots_of(footage)) == 1


def test_another_line_that_is_selected_is_no_cut() -> None:
    footage = Footage()
    for selected in range(8):
        footage.cut(screen(0, selected))
    assert len(shots_of(footage)) == 1


def test_a_bar_above_all_slides_does_not_make_them_one() -> None:
    footage = Footage()
    for top in (25, 40, 52):
        footage.cut(card((240, 240, 245), top))
    footage.pictures[:, 25:85][footage.pictures[:, 25:85] == (230, 230, 200)] = 60
    footage.pictures[:, :12] = (30, 60, 140)
    assert begins(shots_of(footage), "cut") == [25, 50]


def test_words_that_are_added_to_a_card_are_no_cut() -> None:
    card = np.full((60, 90, 160, 3), 40, np.uint8)
    card[30:, 20:70, 20:70] = 230
    assert len(shots_of(Footage().cut(card))) == 1


def test_a_dissolve_is_a_span_with_the_boundary_in_its_middle(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 50)).dissolve(take(rng, 60), 16)
    shots = shots_of(footage)
    assert [shot.transition_in for shot in shots] == ["none", "dissolve"]
    [(start, end)] = footage.dissolves
    assert shots[1].start_frame == pytest.approx((start + end) / 2, abs=2)
    assert shots[1].transition_s == pytest.approx((end - start) / 25, rel=0.35)


def test_an_exposure_that_adapts_when_a_thing_leaves_is_no_dissolve(rng: np.random.Generator) -> None:
    street = np.repeat(take(rng, 1, noise=0) // 8 + 30, 90, axis=0)
    for frame in range(50):
        street[frame, 2 * frame : 2 * frame + 50, 30:110] = 210
    gain = np.interp(np.arange(90), [35, 55], [1.0, 2.2])[:, np.newaxis, np.newaxis, np.newaxis]
    assert len(shots_of(Footage().cut(np.clip(street * gain, 0, 255).astype(np.uint8)))) == 1


@pytest.mark.parametrize("hold", [1, 30])
def test_a_logo_that_stays_hides_no_fade(rng: np.random.Generator, hold: int) -> None:
    footage = Footage().cut(take(rng, 60)).fade(take(rng, 60), 12, hold=hold)
    footage.pictures[:, 5:20, 110:155] = 200
    assert begins(shots_of(footage), "fade") == [60]


def test_a_night_with_a_few_lights_is_no_black(rng: np.random.Generator) -> None:
    night = np.full((60, 90, 160, 3), 8, np.uint8)
    night[:, 40:45, 20:30] = night[:, 55:60, 90:95] = 220
    footage = Footage().cut(take(rng, 60)).dissolve(night, 16).dissolve(take(rng, 60), 16)
    shots = shots_of(footage)
    assert begins(shots, "fade") == []
    assert begins(shots, "dissolve") == [pytest.approx(middle, abs=2) for middle in (52, 96)]


@pytest.mark.parametrize("level", [0, 255])
def test_a_fade_begins_the_shot_where_the_picture_is_emptiest(rng: np.random.Generator, level: int) -> None:
    footage = Footage().cut(take(rng, 50)).fade(take(rng, 50), 10, level=level, hold=3)
    shots = shots_of(footage)
    assert [shot.transition_in for shot in shots] == ["none", "fade"]
    assert 48 <= cast("int", shots[1].start_frame) <= 53
    assert shots[1].transition_s == pytest.approx(23 / 25, rel=0.25)


def test_a_fade_just_before_the_end_is_found(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 50)).fade(take(rng, 15), 10)
    assert len(begins(shots_of(footage), "fade")) == 1


def test_a_fade_from_black_at_the_start_begins_no_second_shot(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 20)).fade(take(rng, 40), 9, hold=5)
    footage.pictures = footage.pictures[20:]
    assert [shot.transition_in for shot in shots_of(footage)] == ["none"]


def test_a_fade_out_to_black_that_is_cut_from_is_a_cut(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 40)).fade(take(rng, 20), 12, hold=5)
    out = footage.pictures[:46]
    shots = shots_of(Footage().cut(out).cut(take(rng, 40)))
    assert [(shot.start_frame, shot.transition_in) for shot in shots] == [(0, "none"), (46, "cut")]


def test_a_cut_to_black_in_the_midst_of_a_fade_out_is_a_cut_only(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 50)).fade(take(rng, 50), 10, hold=6)
    cut_short = np.delete(footage.pictures, range(46, 50), axis=0)
    shots = shots_of(Footage(pictures=cut_short))
    assert [(shot.start_frame, shot.transition_in) for shot in shots] == [(0, "none"), (46, "cut")]


@pytest.mark.parametrize("step", [1, -1], ids=["after", "before"])
def test_a_cut_next_to_a_fade_is_a_cut(step: int) -> None:
    rng = np.random.default_rng(0)
    out, back = (take(rng, 40, noise=0) // 2 for _ in range(2))
    footage = Footage().cut(take(rng, 50)).cut(out[:20]).fade(back[:14], 12, hold=3).cut(take(rng, 50))
    shots = shots_of(Footage(pictures=footage.pictures[::step]))
    assert sorted(str(shot.transition_in) for shot in shots) == ["cut", "cut", "fade", "none"]
    assert begins(shots, "cut")[::step] == [
        cut if step == 1 else len(footage.pictures) - cut for cut in footage.cuts
    ]


def test_one_frame_is_one_shot(rng: np.random.Generator) -> None:
    shots = shots_in(Footage().cut(take(rng, 1)).frames(), duration_s=0.04)
    assert [(shot.start_frame, shot.end_frame, shot.start_s, shot.end_s) for shot in shots] == [(0, 1, 0.0, 0.04)]


def test_all_black_is_one_shot() -> None:
    assert_tiles(shots_of(Footage().cut(np.zeros((50, 90, 160, 3), np.uint8))), 50)


def test_without_frames_there_is_no_shot() -> None:
    assert shots_in([]) == []


def test_times_are_those_of_the_frames_when_the_rate_varies(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 40)).cut(take(rng, 40))
    times_s = np.cumsum(rng.uniform(0.01, 0.2, 80)) + 1.5
    frames = [replace(frame, time_s=float(times_s[frame.index])) for frame in footage.frames()]
    first, second = shots_in(frames, duration_s=3.0, start_s=1.5)
    assert first.start_s == times_s[0]
    assert first.end_s == second.start_s == times_s[40]
    assert second.end_s > times_s[-1]


def test_portrait_and_tiny_pictures_are_looked_at_too(rng: np.random.Generator) -> None:
    footage = Footage().cut(take(rng, 20)).cut(take(rng, 20))
    for pictures in (footage.pictures.transpose(0, 2, 1, 3), footage.pictures[:, :16, :30]):
        shots = shots_of(Footage(pictures=np.ascontiguousarray(pictures)))
        assert begins(shots, "cut") == [20]


def _stills(levels: Sequence[int]) -> Pictures:
    flat = np.array(levels, np.uint8).reshape(-1, 1, 1, 1)
    return np.ascontiguousarray(np.broadcast_to(flat, (len(levels), 20, 20, 3)))


@settings(max_examples=60)
@given(
    levels=st.lists(st.sampled_from([0, 10, 120, 130, 255]), min_size=1, max_size=60),
    gaps_s=st.lists(st.floats(0.001, 2.0), min_size=60, max_size=60),
    duration_s=st.floats(0.0, 100.0),
)
def test_shots_tile_whatever_the_frames(levels: list[int], gaps_s: list[float], duration_s: float) -> None:
    frames = [
        Frame(index=index, time_s=time_s, rgb=rgb)
        for index, (time_s, rgb) in enumerate(zip(np.cumsum(gaps_s).tolist(), _stills(levels), strict=False))
    ]
    assert_tiles(shots_in(frames, duration_s=duration_s), len(levels))


@pytest.mark.parametrize("seed", range(100, 104))
def test_shots_tile_edited_footage(seed: int) -> None:
    footage = edited_footage(seed)
    assert_tiles(shots_of(footage), len(footage.pictures))
