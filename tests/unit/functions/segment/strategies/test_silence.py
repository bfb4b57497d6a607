from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from functions.segment.strategies.silence import SilenceSegmenter
from shared.testing.sound import write_wav
from shared.testing.videos import media_info

RATE_HZ = 16_000


def tone(seconds: float, level: float = 0.3) -> npt.NDArray[np.float64]:
    return level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def quiet(seconds: float, level: float = 0.0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, level, round(seconds * RATE_HZ))


def silent_spans(
    path: Path, samples: npt.NDArray[np.floating], duration_s: float = 60.0
) -> list[tuple[float, float]]:
    segmenter = SilenceSegmenter(cast("Any", None))
    segmenter.start(media_info(duration_s=duration_s))
    segmenter.observe_audio(write_wav(path / "sound.wav", samples))
    segments = segmenter.finish()
    assert [(segment.kind, segment.index) for segment in segments] == [
        ("silence", i) for i in range(len(segments))
    ]
    return [(round(segment.start_s, 2), round(segment.end_s, 2)) for segment in segments]


def test_a_pause_between_tones(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, np.concatenate([tone(1), quiet(0.8), tone(1)])) == [(1.0, 1.8)]


def test_a_short_pause_is_none(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, np.concatenate([tone(1), quiet(0.4), tone(1)])) == []


def test_digital_noise_and_a_constant_offset_are_silence(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, np.concatenate([tone(1), 0.1 + quiet(1, 0.001)])) == [(1.0, 2.0)]


def test_a_whisper_is_not(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, np.concatenate([tone(1), quiet(1, 0.01)])) == []


@pytest.mark.parametrize("seconds", [9.5, 10.0, 25.0])
def test_silence_across_blocks_is_one_span(tmp_path: Path, seconds: float) -> None:
    samples = np.concatenate([tone(1), quiet(seconds), tone(1)])
    assert silent_spans(tmp_path, samples) == [(1.0, round(1 + seconds, 2))]


def test_all_silent_reaches_the_end_of_the_video_and_not_beyond(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, quiet(3.011), duration_s=3.011) == [(0.0, 3.01)]
    assert silent_spans(tmp_path, quiet(3.011), duration_s=2.9) == [(0.0, 2.9)]


def test_an_empty_sound_and_no_sound_have_no_silence(tmp_path: Path) -> None:
    assert silent_spans(tmp_path, quiet(0)) == []
    segmenter = SilenceSegmenter(cast("Any", None))
    segmenter.start(media_info(audio=()))
    assert segmenter.finish() == []
