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
