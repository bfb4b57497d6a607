from __future__ import annotations

import numpy as np

from functions.segment.keyframes import keyframe_times
from functions.segment.picture_samples import PictureSamples
from shared.testing.footage import Footage, Pictures, take
from shared.testing.videos import shot


def samples_of(pictures: Pictures, fps: float = 25.0) -> PictureSamples:
    samples = PictureSamples()
    for frame in Footage(fps=fps, pictures=pictures).frames():
        samples.observe(frame)
    return samples


def blurred(pictures: Pictures) -> Pictures:
    coarse = pictures[:, ::15, ::16]
    return np.repeat(np.repeat(coarse, 15, axis=1), 16, axis=2)


def test_the_picture_is_sharp() -> None:
    pictures = take(np.random.default_rng(1), 100, pan=0)
    pictures[:60] = blurred(pictures[:60])
    [time_s] = keyframe_times([shot(0, 0.0, 4.0)], samples_of(pictures))
    assert 2.4 <= time_s < 4.0


def test_the_picture_is_not_black_though_noise_is_sharp() -> None:
    rng = np.random.default_rng(1)
    pictures = blurred(take(rng, 50))
    pictures[:40] = rng.integers(0, 20, pictures[:40].shape)
    [time_s] = keyframe_times([shot(0, 0.0, 2.0)], samples_of(pictures))
    assert time_s >= 1.6


def test_the_picture_is_typical_of_the_shot_though_another_is_sharper() -> None:
    rng = np.random.default_rng(1)
    pictures = np.concatenate([take(rng, 80, pan=0) // 2 + 64, take(rng, 10, pan=0)])
    [time_s] = keyframe_times([shot(0, 0.0, 3.6)], samples_of(pictures))
    assert time_s < 3.2


def test_the_picture_is_clear_of_the_transitions_at_both_ends_though_they_are_sharper() -> None:
    pictures = take(np.random.default_rng(1), 100, pan=0)
    pictures[25:75] = blurred(pictures[25:75])
    shots = [shot(0, 0.0, 3.2, transition_in="dissolve", transition_s=1.0)]
    shots.append(shot(1, 3.2, 4.0, transition_in="fade", transition_s=0.2))
    first_s, second_s = keyframe_times(shots, samples_of(pictures))
    assert 1.0 <= first_s < 3.0
    assert 3.4 <= second_s < 4.0


def test_the_picture_is_one_that_the_video_shows() -> None:
    fps = 24000 / 1001
    [time_s] = keyframe_times([shot(0, 0.0, 2.0)], samples_of(take(np.random.default_rng(1), 50), fps=fps))
    assert time_s in {index / fps for index in range(50)}


def test_a_transition_longer_than_its_shot_leaves_some_of_it() -> None:
    pictures = samples_of(take(np.random.default_rng(1), 50))
    [time_s] = keyframe_times([shot(0, 0.0, 2.0, transition_in="fade", transition_s=9.0)], pictures)
    assert 0.8 <= time_s < 2.0


def test_a_shot_too_short_for_a_sample_gets_its_middle() -> None:
    shots = [shot(0, 0.0, 0.28), shot(1, 0.28, 0.36), shot(2, 0.36, 2.0)]
    times_s = keyframe_times(shots, samples_of(take(np.random.default_rng(1), 50)))
    assert times_s[1] == (0.28 + 0.36) / 2


def test_a_key_frame_that_is_hardly_worse_is_taken_for_it_costs_nothing() -> None:
    pictures = samples_of(take(np.random.default_rng(1), 100, pan=0))
    assert keyframe_times([shot(0, 0.0, 4.0)], pictures, [0.0, 1.04, 3.12, 5.2]) in ([0.0], [1.04], [3.12])


def test_a_key_frame_that_is_much_worse_is_not_taken() -> None:
    pictures = take(np.random.default_rng(1), 100, pan=0)
    pictures[:60] = blurred(pictures[:60])
    [time_s] = keyframe_times([shot(0, 0.0, 4.0)], samples_of(pictures), [0.0, 2.0])
    assert 2.4 <= time_s < 4.0


def test_key_frames_of_other_shots_and_in_transitions_are_not_taken() -> None:
    pictures = samples_of(take(np.random.default_rng(1), 100, pan=0))
    shots = [shot(0, 0.0, 2.0), shot(1, 2.0, 4.0, transition_in="dissolve", transition_s=0.5)]
    first_s, second_s = keyframe_times(shots, pictures, [2.2])
    assert 0.0 <= first_s < 1.5
    assert 2.5 <= second_s < 4.0
