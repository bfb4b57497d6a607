"""What a preview shows of a video."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.segment.preview import preview_excerpts
from shared.domain.encoding import Excerpt
from shared.domain.records import Segment
from shared.testing.videos import shot


def ranked(index: int, start_s: float, end_s: float, score: float = 0.5, **changes: Any) -> Segment:
    return replace(shot(index, start_s, end_s), score=score, **changes)


def black(start_s: float, end_s: float) -> Segment:
    return Segment(kind="black", index=0, start_s=start_s, end_s=end_s, producer="b", producer_version="1")


def spans(excerpts: list[Excerpt]) -> list[tuple[float, float]]:
    return [(round(excerpt.start_s, 6), round(excerpt.start_s + excerpt.length_s, 6)) for excerpt in excerpts]


def test_the_best_shots_are_shown_in_their_order() -> None:
    scores = [0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.6]
    shots = [ranked(index, 5.0 * index, 5.0 * index + 5, score) for index, score in enumerate(scores)]
    assert spans(preview_excerpts(shots, [])) == [
        (7.125, 7.875),
        (17.125, 17.875),
        (22.125, 22.875),
        (32.125, 32.875),
    ]


def test_an_excerpt_begins_with_the_keyframe() -> None:
    shots = [ranked(index, 5.0 * index, 5.0 * index + 5, keyframe_s=5.0 * index + 1) for index in range(4)]
    shots[3] = replace(shots[3], keyframe_s=19.9)
    assert spans(preview_excerpts(shots, []))[2:] == [(11.0, 11.75), (19.25, 20.0)]


def test_one_long_shot_is_shown_in_four_places() -> None:
    assert spans(preview_excerpts([ranked(0, 0.0, 60.0)], [])) == [
        (7.125, 7.875),
        (22.125, 22.875),
        (37.125, 37.875),
        (52.125, 52.875),
    ]


@pytest.mark.parametrize("length_s", [0.04, 0.1, 1.0, 2.0, 3.0])
def test_a_short_video_is_shown_whole(length_s: float) -> None:
    assert spans(preview_excerpts([ranked(0, 1.0, 1.0 + length_s)], [])) == [(1.0, 1.0 + length_s)]


def test_black_and_transitions_are_kept_clear_of() -> None:
    shots = [
        ranked(0, 0.0, 10.0, transition_s=0.0),
        ranked(1, 10.0, 20.0, transition_s=2.0),
        ranked(2, 20.0, 30.0, transition_s=1.0),
    ]
    dark = [black(0.0, 6.0), black(25.0, 30.0)]
    shown = spans(preview_excerpts(shots, dark))
    assert sum(end_s - start_s for start_s, end_s in shown) == pytest.approx(3.0)
    clear = [(6.0, 8.0), (12.0, 19.0), (21.0, 25.0)]
    for start_s, end_s in shown:
        assert any(first_s <= start_s and end_s <= last_s for first_s, last_s in clear), (start_s, end_s)


def test_a_video_of_nothing_but_black_is_shown_as_it_is() -> None:
    assert spans(preview_excerpts([ranked(0, 0.0, 2.0, score=0.0)], [black(0.0, 2.0)])) == [(0.0, 2.0)]


@given(
    st.lists(st.tuples(st.floats(0.04, 100), st.floats(0, 1), st.floats(0, 3)), min_size=1, max_size=8),
    st.lists(st.tuples(st.floats(0, 300), st.floats(0.1, 50)), max_size=4),
)
def test_excerpts_are_in_order_within_the_video_and_three_seconds_at_most(
    lengths: list[tuple[float, float, float]], dark: list[tuple[float, float]]
) -> None:
    shots: list[Segment] = []
    for length_s, score, transition_s in lengths:
        start_s = shots[-1].end_s if shots else 0.0
        shots.append(ranked(len(shots), start_s, start_s + length_s, score, transition_s=transition_s))
    excerpts = preview_excerpts(shots, [black(start_s, start_s + length_s) for start_s, length_s in dark])
    assert excerpts
    last_s = 0.0
    for excerpt in excerpts:
        assert excerpt.start_s >= last_s - 1e-6
        assert excerpt.length_s > 0
        last_s = excerpt.start_s + excerpt.length_s
    assert last_s <= shots[-1].end_s + 1e-6
    assert sum(excerpt.length_s for excerpt in excerpts) <= 3.0 + 1e-6
