from __future__ import annotations

import numpy as np
import pytest

from functions.segment.picture_samples import PictureSamples, likeness_of_colors
from shared.ports.media_tool import Frame
from shared.testing.footage import Footage, take


def samples_of(footage: Footage) -> PictureSamples:
    samples = PictureSamples()
    for frame in footage.frames():
        samples.observe(frame)
    return samples


def test_five_samples_a_second_are_kept_whatever_the_frame_rate() -> None:
    pictures = take(np.random.default_rng(0), 240)
    for fps in (24.0, 60.0):
        length_s = 240 / fps
        assert len(samples_of(Footage(fps=fps, pictures=pictures)).between(0, length_s)) <= 5 * length_s
    assert len(samples_of(Footage(fps=1.0, pictures=pictures)).between(0, 240)) == 240


def test_change_is_a_second_so_that_frame_rates_compare() -> None:
    samples = PictureSamples()
    for index, level in enumerate((0, 50, 100)):
        samples.observe(Frame(index=index, time_s=float(index), rgb=np.full((90, 160, 3), level, np.uint8)))
    assert [sample.change for sample in samples.between(0, 3)] == pytest.approx([0, 50, 50], abs=0.5)


def test_colors_are_alike_wherever_they_are_in_the_picture() -> None:
    picture = take(np.random.default_rng(0), 1, noise=0)
    other = take(np.random.default_rng(9), 1, noise=0) // 3
    pictures = samples_of(Footage(fps=1.0, pictures=np.concatenate([picture, picture[:, ::-1, ::-1], other])))
    first, turned, different = (sample.colors for sample in pictures.between(0, 3))
    assert likeness_of_colors(first, turned) > 0.95
    assert likeness_of_colors(first, different) < 0.3


def test_between_two_samples_the_nearest_one_stands_in() -> None:
    pictures = samples_of(Footage(fps=1.0, pictures=take(np.random.default_rng(0), 10)))
    assert [sample.time_s for sample in pictures.between(3.1, 3.2)] == [3.0]
    assert [sample.time_s for sample in pictures.between(3.8, 3.9)] == [4.0]
    assert [sample.time_s for sample in pictures.between(50, 60)] == [9.0]
