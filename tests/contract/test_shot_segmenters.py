"""What every strategy that finds shots does; how well it does so is measured elsewhere."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from functions.segment.strategies import SEGMENTERS
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter
from shared.testing.footage import Footage, take
from shared.testing.videos import media_info, video_stream


@pytest.fixture(params=["shots", "pyscenedetect-adaptive"])
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    return SEGMENTERS.create(request.param, cast("Any", SimpleNamespace()))


@pytest.fixture
def footage() -> Footage:
    rng = np.random.default_rng(11)
    return Footage().cut(take(rng, 40)).cut(take(rng, 30)).cut(take(rng, 50))


def shots_in(segmenter: Segmenter, frames: Iterable[Frame], **stream: Any) -> Sequence[Segment]:
    segmenter.start(media_info(video=(video_stream(**stream),)))
    for frame in frames:
        segmenter.observe_frame(frame)
    return [segment for segment in segmenter.finish() if segment.kind == "shot"]


def test_shots_begin_at_hard_cuts_and_tile_the_video(segmenter: Segmenter, footage: Footage) -> None:
    shots = shots_in(segmenter, footage.frames(), duration_s=4.8)
    assert [(shot.start_frame, shot.end_frame) for shot in shots] == [(0, 40), (40, 70), (70, 120)]
    assert [(shot.start_s, shot.end_s) for shot in shots] == [(0.0, 1.6), (1.6, 2.8), (2.8, 4.8)]
    assert [shot.transition_in for shot in shots] == ["none", "cut", "cut"]
    assert [shot.index for shot in shots] == [0, 1, 2]
    assert {shot.transition_s for shot in shots} == {0.0}
    assert {(shot.producer, shot.producer_version) for shot in shots} == {(segmenter.name, segmenter.version)}


def test_times_are_those_of_the_frames(segmenter: Segmenter, footage: Footage) -> None:
    times_s = 1.5 + np.cumsum(np.random.default_rng(1).uniform(0.01, 0.2, 120))
    frames = [replace(frame, time_s=float(times_s[frame.index])) for frame in footage.frames()]
    shots = shots_in(segmenter, frames, duration_s=1.0, start_s=1.5, variable_fps=True)
    assert [shot.start_s for shot in shots] == [times_s[frame] for frame in (0, 40, 70)]
    for shot, following in pairwise(shots):
        assert shot.end_s == following.start_s
    assert shots[-1].end_s > times_s[-1]


def test_portrait_and_tiny_pictures_are_looked_at_too(segmenter: Segmenter) -> None:
    rng = np.random.default_rng(11)
    footage = Footage().cut(take(rng, 40, pan=0)).cut(take(rng, 30, pan=0)).cut(take(rng, 50, pan=0))
    for pictures in (footage.pictures.transpose(0, 2, 1, 3), footage.pictures[:, :16, :30]):
        turned = Footage(pictures=np.ascontiguousarray(pictures))
        shots = shots_in(segmenter, turned.frames(), duration_s=4.8)
        assert [shot.start_frame for shot in shots] == [0, 40, 70]


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_few_frames_are_one_shot(segmenter: Segmenter, footage: Footage, frames: int) -> None:
    [shot] = shots_in(segmenter, list(footage.frames())[:frames], duration_s=frames / 25)
    assert (shot.start_frame, shot.end_frame, shot.end_s) == (0, frames, frames / 25)


def test_without_pictures_there_are_no_shots(segmenter: Segmenter) -> None:
    assert shots_in(segmenter, []) == []
    segmenter.start(media_info(video=()))
    assert list(segmenter.finish()) == []


def test_each_video_is_looked_at_afresh(segmenter: Segmenter, footage: Footage) -> None:
    first = shots_in(segmenter, footage.frames(), duration_s=4.8)
    assert shots_in(segmenter, footage.frames(), duration_s=4.8) == first


@pytest.mark.parametrize("fps", [1, 25, 60])
def test_memory_is_independent_of_length(segmenter: Segmenter, fps: int) -> None:
    still = take(np.random.default_rng(2), 1)[0]

    def frames(first: int, end: int) -> Iterator[Frame]:
        for index in range(first, end):
            yield Frame(index=index, time_s=index / fps, rgb=still.copy())

    segmenter.start(media_info(video=(video_stream(fps=Fraction(fps), duration_s=2000 / fps),)))
    tracemalloc.start()
    try:
        for frame in frames(0, 1200):
            segmenter.observe_frame(frame)
        before, _ = tracemalloc.get_traced_memory()
        for frame in frames(1200, 2000):
            segmenter.observe_frame(frame)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 40 * still.nbytes
