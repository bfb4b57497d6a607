"""Scenes of a recording, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from functions.segment.pauses import scenes_by_pauses
from functions.segment.ranking import rank
from shared.domain.records import Segment
from shared.testing.videos import media_info

RECORDING = media_info(duration_s=60.0, video=())


def spans(kind: Literal["speech", "silence"], *times_s: tuple[float, float]) -> list[Segment]:
    return [
        Segment(kind=kind, index=index, start_s=start_s, end_s=end_s, producer="test", producer_version="1")
        for index, (start_s, end_s) in enumerate(times_s)
    ]


def starts_s(others: Sequence[Segment]) -> list[float]:
    scenes = scenes_by_pauses(others, RECORDING)
    assert [scene.index for scene in scenes] == list(range(len(scenes)))
    assert [scene.end_s for scene in scenes] == [*(scene.start_s for scene in scenes[1:]), 60.0]
    return [scene.start_s for scene in scenes]


def test_a_scene_begins_where_somebody_speaks_again() -> None:
    assert starts_s(spans("speech", (1, 12), (12.5, 20), (23, 35), (38, 58))) == [0, 23, 38]


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ([(0, 5), (7, 30), (33, 59)], [0, 33]),
        ([(0, 20), (23, 25), (28, 48), (52, 58)], [0, 23]),
        ([(10, 20), (21.4, 59)], [0]),
    ],
    ids=["too near to the beginning", "too near to another or to the end", "only a breath"],
)
def test_scenes_have_a_least_length(spoken: list[tuple[float, float]], expected: list[float]) -> None:
    assert starts_s(spans("speech", *spoken)) == expected


def test_without_speech_silence_parts_scenes() -> None:
    assert starts_s(spans("silence", (19.0, 20.0), (28.0, 30.0))) == [0, 30]
    spoken = spans("speech", (0, 59))
    assert starts_s([*spoken, *spans("silence", (28.0, 30.0))]) == [0]


def test_a_recording_of_one_piece_is_one_scene() -> None:
    assert starts_s([]) == [0]


def test_rank_goes_by_what_is_heard() -> None:
    others = spans("speech", (1, 12), (23, 35), (38, 58))
    levels = np.full(600, 0.05, np.float32)
    levels[380:] = 0.4
    scenes = rank(scenes_by_pauses(others, RECORDING), others, None, levels)
    scores = [scene.score or 0.0 for scene in scenes]
    assert max(scores) == scores[-1]
    assert all(0 < score <= 1 for score in scores)
    assert "people speak" in scenes[-1].reason
    assert "louder than 100% of the others" in scenes[-1].reason
    (alone,) = rank(scenes_by_pauses([], RECORDING), [], None, np.zeros(600, np.float32))
    assert alone.reason.startswith("nothing stands out: ")
