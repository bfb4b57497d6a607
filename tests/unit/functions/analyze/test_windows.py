from __future__ import annotations

from itertools import pairwise
from typing import Literal

import pytest

from functions.analyze.windows import Window, halves_of, windows_of
from shared.domain.records import Segment


def spans(kind: Literal["scene", "shot"], *borders: float) -> list[Segment]:
    return [
        Segment(kind=kind, index=index, start_s=start_s, end_s=end_s, producer="test", producer_version="1")
        for index, (start_s, end_s) in enumerate(pairwise(borders))
    ]


def edges(windows: object) -> list[tuple[float, float]]:
    assert isinstance(windows, list)
    return [(window.start_s, window.end_s) for window in windows]


def test_a_short_video_is_one_window() -> None:
    assert windows_of(spans("scene", 0, 4, 10), 10.0, 600.0) == [
        Window(start_s=0.0, end_s=10.0, scenes=((0, 4), (4, 10)))
    ]


def test_windows_end_with_the_scene_nearest_to_equal_parts() -> None:
    scenes = spans("scene", 0, 40, 48, 95, 104, 150)
    assert edges(windows_of(scenes, 150.0, 60.0)) == [(0, 48), (48, 95), (95, 150)]


def test_where_no_scene_ends_a_shot_does() -> None:
    segments = [*spans("scene", 0, 100), *spans("shot", 0, 30, 52, 100)]
    assert edges(windows_of(segments, 100.0, 60.0)) == [(0, 52), (52, 100)]


def test_what_is_never_cut_is_cut_in_equal_parts() -> None:
    assert edges(windows_of(spans("scene", 0, 90), 90.0, 60.0)) == [(0, 45), (45, 90)]
    assert edges(windows_of([], 90.0, 60.0)) == [(0, 45), (45, 90)]


def test_a_scene_in_two_windows_is_a_part_in_each() -> None:
    first, second = windows_of(spans("scene", 0, 90), 90.0, 60.0)
    assert (first.scenes, second.scenes) == (((0, 45),), ((45, 90),))


@pytest.mark.parametrize("longest_s", [30.0, 600.0, 2700.0])
@pytest.mark.parametrize("duration_s", [30.1, 601.0, 21600.0])
def test_windows_cover_the_video_and_none_is_too_long(duration_s: float, longest_s: float) -> None:
    scenes = spans("scene", *[index * 7.3 for index in range(int(duration_s / 7.3) + 1)], duration_s)
    windows = windows_of(scenes, duration_s, longest_s)
    assert (windows[0].start_s, windows[-1].end_s) == (0.0, duration_s)
    assert all(one.end_s == other.start_s for one, other in pairwise(windows))
    assert all(0.0 < window.length_s <= longest_s for window in windows)
    assert min(window.length_s for window in windows) > min(duration_s, longest_s) / 4


def test_halves() -> None:
    scenes = spans("scene", 0, 100, 140, 300)
    (window,) = windows_of(scenes, 300.0, 600.0)
    assert edges(halves_of(window, scenes)) == [(0, 140), (140, 300)]
