from __future__ import annotations

import numpy as np

from functions.segment.film import Film
from functions.segment.keyframes import keyframe_times
from shared.testing.footage import Footage, Pictures, take
from shared.testing.videos import shot


def film_of(pictures: Pictures, fps: float = 25.0) -> Film:
    film = Film()
    for frame in Footage(fps=fps, pictures=pictures).frames():
        film.observe(frame)
    return film


def blurred(pictures: Pictures) -> Pictures:
    coarse = pictures[:, ::15, ::16]
    return np.repeat(np.repeat(coarse, 15, axis=1), 16, axis=2)


def test_the_picture_is_sharp() -> None:
    pictures = take(np.random.default_rng(1), 100, pan=0)
    pictures[:60] = blurred(pictures[:60])
    [time_s] = keyframe_times([shot(0, 0.0, 4.0)], film_of(pictures))
    assert 2.4 <= time_s < 4.0


def test_the_picture_is_not_black() -> None:
    pictures = take(np.random.default_rng(1), 50)
    pictures[:40] = 0
    [time_s] = keyframe_times([shot(0, 0.0, 2.0)], film_of(pictures))
    assert time_s >= 1.6


def test_the_picture_is_typical_of_the_shot() -> None:
    rng = np.random.default_rng(1)
    pictures = np.concatenate([take(rng, 80, pan=0), take(rng, 10, pan=0) // 2])
    [time_s] = keyframe_times([shot(0, 0.0, 3.6)], film_of(pictures))
    assert time_s < 3.2


def test_the_picture_is_clear_of_the_transitions_at_both_ends() -> None:
    rng = np.random.default_rng(1)
    footage = Footage().cut(take(rng, 50)).dissolve(take(rng, 60), 20).dissolve(take(rng, 50), 20)
    shots = [
        shot(0, 0.0, 1.6),
        shot(1, 1.6, 3.2, transition_in="dissolve", transition_s=0.8),
        shot(2, 3.2, 4.8, transition_in="dissolve", transition_s=0.8),
    ]
    times_s = keyframe_times(shots, film_of(footage.pictures))
    for time_s, whole in zip(times_s, shots, strict=True):
        assert whole.start_s <= time_s < whole.end_s
        assert not any(start <= time_s * 25 < end for start, end in footage.dissolves)


def test_the_picture_is_one_that_the_video_shows() -> None:
    fps = 24000 / 1001
    [time_s] = keyframe_times([shot(0, 0.0, 2.0)], film_of(take(np.random.default_rng(1), 50), fps=fps))
    assert time_s in {index / fps for index in range(50)}


def test_a_shot_too_short_for_a_sample_gets_its_middle() -> None:
    shots = [shot(0, 0.0, 0.28), shot(1, 0.28, 0.36), shot(2, 0.36, 2.0)]
    times_s = keyframe_times(shots, film_of(take(np.random.default_rng(1), 50)))
    assert times_s[1] == (0.28 + 0.36) / 2
