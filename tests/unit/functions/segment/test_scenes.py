from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.segment.picture_samples import PictureSamples
from functions.segment.scenes import group_scenes
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.testing.videos import shot

PLACES = {"A": (200, 40, 40), "B": (40, 200, 40), "C": (40, 40, 200), "D": (220, 220, 60), "E": (90, 200, 200)}
PLACES["F"] = (100, 20, 20)  # as A is in its shadow
CARD = (0, 0, 0)


def filmed(places: str, *, shot_s: float = 2.0) -> tuple[list[Segment], PictureSamples]:
    """Shots of one colour and its shadow each, a letter a shot; of others a card with a line on it."""
    samples = PictureSamples()
    shots = [shot(index, index * shot_s, (index + 1) * shot_s) for index in range(len(places))]
    for index, place in enumerate(np.repeat(list(places), round(shot_s * 4))):
        rgb = np.full((90, 160, 3), PLACES.get(place, CARD), np.uint8)
        if place in PLACES:
            rgb[:, :80] //= 2
        else:
            rgb[40:48, 40:120] = 230
        samples.observe(Frame(index=index, time_s=index / 4, rgb=rgb))
    return shots, samples


def scenes_of(places: str, others: Sequence[Segment] = (), **values: float) -> list[int | None]:
    shots, pictures = filmed(places, **values)
    return [member.scene for member in group_scenes(shots, others, pictures)[1]]


def silence(start_s: float, end_s: float) -> Segment:
    return Segment(kind="silence", index=0, start_s=start_s, end_s=end_s, producer="silence", producer_version="1")


def test_shots_that_differ_are_scenes_of_their_own() -> None:
    assert scenes_of("ABC") == [0, 1, 2]


def test_a_dialogue_is_one_scene() -> None:
    assert scenes_of("ABABC") == [0, 0, 0, 0, 1]


def test_what_lies_between_two_alike_shots_belongs_to_them() -> None:
    assert scenes_of("DABCA") == [0, 1, 1, 1, 1]


def test_a_picture_that_comes_back_much_later_opens_a_new_scene() -> None:
    assert scenes_of("ABA", shot_s=40.0) == [0, 1, 2]


def test_cards_are_alike_only_side_by_side() -> None:
    assert scenes_of("-A-B-") == [0, 1, 2, 3, 4]
    assert scenes_of("A--B") == [0, 1, 1, 2]
    assert scenes_of("A-AB") == [0, 0, 0, 1], "what comes back takes a card along"


@pytest.mark.parametrize(
    ("places", "expected"),
    [("AFB", [0, 0, 1]), ("BFA", [0, 1, 1]), ("ACB", [0, 1, 1]), ("AC", [0, 0]), ("CA", [0, 0]), ("A", [0])],
)
def test_a_flash_is_no_scene_of_its_own(places: str, expected: list[int]) -> None:
    """It belongs to what it looks more like, or else to what follows."""
    shots, pictures = filmed(places, shot_s=0.25)
    flash = next((index for index, place in enumerate(places) if place in "CF"), 0)
    brief = [replace(one, end_s=one.start_s + 0.1) if one.index == flash else one for one in shots]
    assert [member.scene for member in group_scenes(brief, (), pictures)[1]] == expected
    assert [member.scene for member in group_scenes(shots, (), pictures)[1]] == list(range(len(places)))


def test_a_fade_ends_a_scene_whatever_follows() -> None:
    shots, pictures = filmed("AAAA")
    shots[2] = shot(2, 4.0, 6.0, transition_in="fade")
    assert [member.scene for member in group_scenes(shots, (), pictures)[1]] == [0, 0, 1, 1]


def speech(start_s: float, end_s: float) -> Segment:
    return Segment(kind="speech", index=0, start_s=start_s, end_s=end_s, producer="speech", producer_version="1")


def test_a_scene_does_not_begin_in_the_middle_of_a_sentence() -> None:
    assert scenes_of("ABC", [speech(0.5, 3.0)]) == [0, 0, 1]
    assert scenes_of("ABC", [speech(0.5, 1.9), speech(2.1, 5.0)]) == [0, 1, 1]
    assert scenes_of("ABC", [speech(0.5, 2.1), speech(3.9, 5.0)]) == [0, 1, 2], "it ends with the shot"


def test_what_is_longer_than_a_sentence_holds_nothing_together() -> None:
    assert scenes_of("ABC", [speech(0.5, 25.0)], shot_s=10.0) == [0, 1, 2]


def test_a_fade_or_a_long_silence_in_a_sentence_ends_a_scene_all_the_same() -> None:
    shots, pictures = filmed("AB")
    shots[1] = shot(1, 2.0, 4.0, transition_in="fade")
    assert [member.scene for member in group_scenes(shots, [speech(0.5, 3.5)], pictures)[1]] == [0, 1]
    assert scenes_of("AB", [silence(1.0, 3.0), speech(0.5, 3.5)]) == [0, 1]


def test_a_long_silence_across_a_cut_ends_a_scene_and_a_short_one_does_not() -> None:
    assert scenes_of("AA", [silence(1.0, 3.0)]) == [0, 1]
    assert scenes_of("AA", [silence(1.5, 2.5)]) == [0, 0]
    assert scenes_of("AA", [silence(2.5, 4.0)]) == [0, 0]


@given(st.text("ABCDE", min_size=1, max_size=20), st.booleans())
def test_scenes_tile_the_shots(places: str, speaks: bool) -> None:
    shots, pictures = filmed(places, shot_s=0.5)
    others = [speech(0.3, 1.7), speech(2.1, 3.0)] if speaks else []
    scenes, members = group_scenes(shots, others, pictures)
    assert [scene.index for scene in scenes] == list(range(len(scenes)))
    assert (scenes[0].start_s, scenes[-1].end_s) == (shots[0].start_s, shots[-1].end_s)
    assert all(scene.end_s == following.start_s for scene, following in pairwise(scenes))
    for member in members:
        scene = scenes[member.scene or 0]
        assert scene.start_s <= member.start_s < member.end_s <= scene.end_s
