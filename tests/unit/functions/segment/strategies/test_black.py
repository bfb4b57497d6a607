from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from functions.segment.strategies.black import BlackSegmenter
from shared.ports.media_tool import Frame
from shared.testing.videos import media_info, video_stream


def black_spans(levels: list[int], fps: float = 25.0) -> list[tuple[float, float]]:
    segmenter = BlackSegmenter(cast("Any", None))
    segmenter.start(media_info(video=(video_stream(duration_s=len(levels) / fps),)))
    rng = np.random.default_rng(0)
    for index, level in enumerate(levels):
        noisy = np.clip(rng.normal(level, 3, (90, 160, 3)), 0, 255).astype(np.uint8)
        segmenter.observe_frame(Frame(index=index, time_s=index / fps, rgb=noisy))
    segments = segmenter.finish()
    assert [(segment.kind, segment.index) for segment in segments] == [("black", i) for i in range(len(segments))]
    return [(round(segment.start_s, 3), round(segment.end_s, 3)) for segment in segments]


def test_noisy_black_is_black_from_its_first_frame_to_the_next_picture() -> None:
    assert black_spans([90] * 10 + [6] * 5 + [90] * 10) == [(0.4, 0.6)]


def test_two_black_frames_are_too_short() -> None:
    assert black_spans([90] * 10 + [0] * 2 + [90] * 10) == []


def test_black_at_both_ends_reaches_the_ends() -> None:
    assert black_spans([0] * 5 + [90] * 10 + [0] * 5) == [(0.0, 0.2), (0.6, 0.8)]


def test_all_black() -> None:
    assert black_spans([0] * 25) == [(0.0, 1.0)]


@pytest.mark.parametrize("level", [50, 128, 255])
def test_a_dark_or_white_picture_is_not_black(level: int) -> None:
    assert black_spans([level] * 25) == []


def test_a_clock_in_the_corner_does_not_light_the_picture_but_a_title_does() -> None:
    segmenter = BlackSegmenter(cast("Any", None))
    for columns, spans in ((10, 1), (60, 0)):
        segmenter.start(media_info(video=(video_stream(duration_s=0.4),)))
        rgb = np.zeros((90, 160, 3), np.uint8)
        rgb[:10, :columns] = 255
        for index in range(10):
            segmenter.observe_frame(Frame(index=index, time_s=index / 25, rgb=rgb))
        assert len(segmenter.finish()) == spans


def test_small_titles_on_black_are_not_black() -> None:
    """Two words in letters six pixels high, which come and go, take a two-hundredth of the picture."""
    segmenter = BlackSegmenter(cast("Any", None))
    segmenter.start(media_info(video=(video_stream(duration_s=3.0),)))
    levels = [0.0] * 20 + list(np.linspace(0, 1, 5)) + [1.0] * 25 + list(np.linspace(1, 0, 5)) + [0.0] * 20
    for index, level in enumerate(levels):
        rgb = np.zeros((90, 160, 3), np.uint8)
        rgb[40:46, 60:100:4] = round(140 * level)
        assert np.mean(rgb > 24) < 0.01
        segmenter.observe_frame(Frame(index=index, time_s=index / 25, rgb=rgb))
    before, after = segmenter.finish()
    assert before.start_s == 0.0
    assert 0.8 <= before.end_s <= 1.0
    assert 2.0 <= after.start_s <= 2.2
    assert after.end_s == 3.0


@pytest.mark.parametrize("place", [(0, 0), (0, 140), (80, 0), (80, 140)])
def test_a_logo_in_any_corner_leaves_it_black(place: tuple[int, int]) -> None:
    segmenter = BlackSegmenter(cast("Any", None))
    segmenter.start(media_info(video=(video_stream(duration_s=0.4),)))
    rgb = np.zeros((90, 160, 3), np.uint8)
    rgb[place[0] : place[0] + 7, place[1] : place[1] + 18] = 220
    for index in range(10):
        segmenter.observe_frame(Frame(index=index, time_s=index / 25, rgb=rgb))
    assert len(segmenter.finish()) == 1


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (2, 40)])
def test_tiny_pictures_are_looked_at_too(size: tuple[int, int]) -> None:
    for level, spans in ((0, 1), (200, 0)):
        segmenter = BlackSegmenter(cast("Any", None))
        segmenter.start(media_info(video=(video_stream(duration_s=0.4),)))
        for index in range(10):
            rgb = np.full((*size, 3), level, np.uint8)
            segmenter.observe_frame(Frame(index=index, time_s=index / 25, rgb=rgb))
        assert len(segmenter.finish()) == spans
