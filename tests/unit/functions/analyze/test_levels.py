from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from functions.analyze.strategies.levels import LevelsAnalyzer
from shared.domain.media import Loudness
from shared.domain.records import Finding
from shared.domain.sound_levels import ChannelLevels, SoundLevels
from tests.unit.functions.analyze.studio import analysis_input, ports

WINDOWS = 20


def channel(**values: Any) -> ChannelLevels:
    """Returns ten seconds of a channel; a number stands for all windows."""
    told = {"peak": 0.5, "rms": 0.1, "mean": 0.0, "flat": 0.0} | values
    return ChannelLevels(
        **{
            name: tuple(value) if isinstance(value, Sequence) else (value,) * WINDOWS
            for name, value in told.items()
        }
    )


def stereo(left: ChannelLevels, right: ChannelLevels, correlation: Any = 0.5) -> SoundLevels:
    alike = tuple(correlation) if isinstance(correlation, Sequence) else (correlation,) * WINDOWS
    return SoundLevels(window_s=0.5, channels=(left, right), correlation=alike)


def mono(**values: Any) -> SoundLevels:
    return SoundLevels(window_s=0.5, channels=(channel(**values),))


def problems(folder: Path, levels: SoundLevels | None, integrated_lufs: float | None = -20.0) -> list[Finding]:
    loudness = Loudness(integrated_lufs=integrated_lufs, range_lu=5.0, true_peak_dbtp=-1.0)
    video = analysis_input(folder, levels=levels, loudness=loudness)
    found = list(LevelsAnalyzer(ports()).analyze(video))
    assert all(one.modality == "sound" and one.reason and one.producer == "levels" for one in found)
    return found


def during(first_s: float, end_s: float, value: float, otherwise: float = 0.0) -> list[float]:
    return [value if first_s <= at / 2 < end_s else otherwise for at in range(WINDOWS)]


def test_good_sound_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, stereo(channel(), channel(rms=0.08))) == []
    assert problems(tmp_path, mono()) == []
    assert problems(tmp_path, None) == []


def test_nothing_to_hear_is_one_problem(tmp_path: Path) -> None:
    (silent,) = problems(tmp_path, mono(peak=0.0, rms=0.0), None)
    assert (silent.name, silent.value, silent.start_s, silent.end_s) == ("sound_silent", -100.0, 0, 10)


@pytest.mark.parametrize(("lufs", "confidence"), [(-29.0, None), (-31.0, 0.725), (-45.0, 0.95)])
def test_too_quiet(tmp_path: Path, lufs: float, confidence: float | None) -> None:
    found = problems(tmp_path, None, lufs)
    assert [(one.name, one.value) for one in found] == ([] if confidence is None else [("sound_too_quiet", lufs)])
    assert [one.confidence for one in found] == ([] if confidence is None else [pytest.approx(confidence)])


def test_clipping_is_told_with_its_stretches(tmp_path: Path) -> None:
    flat = [a + b for a, b in zip(during(2, 4, 0.01), during(8, 9, 0.002), strict=True)]
    first, second = problems(tmp_path, mono(flat=flat, peak=1.0))
    assert (first.name, first.start_s, first.end_s, first.value) == ("sound_clipping", 2.0, 4.0, 0.01)
    assert (second.start_s, second.end_s, second.confidence) == (8.0, 9.0, 0.9)


def test_short_breaks_in_clipping_are_no_end(tmp_path: Path) -> None:
    flat = [a + b for a, b in zip(during(2, 4, 0.01), during(5, 6, 0.01), strict=True)]
    (one,) = problems(tmp_path, mono(flat=flat, peak=1.0))
    assert (one.start_s, one.end_s) == (2.0, 6.0)


def test_square_waves_were_made_so(tmp_path: Path) -> None:
    assert problems(tmp_path, mono(flat=0.9, peak=1.0)) == []


def test_an_offset_is_told_for_the_channel_that_has_it(tmp_path: Path) -> None:
    (one,) = problems(tmp_path, stereo(channel(), channel(mean=-0.03)))
    assert (one.name, one.value, one.start_s, one.end_s) == ("sound_dc_offset", -0.03, 0, 10)
    assert one.reason.startswith("The right channel is shifted by -3.0%")
    assert problems(tmp_path, mono(mean=during(0, 4, 0.03))) == []  # a slow swing, no offset


@pytest.mark.parametrize(("dead", "side"), [(0, "left"), (1, "right")])
def test_a_channel_without_sound(tmp_path: Path, dead: int, side: str) -> None:
    channels = [channel(), channel()]
    channels[dead] = channel(rms=during(0, 6, 0.0003, 0.1), peak=0.1)
    (one,) = problems(tmp_path, stereo(channels[0], channels[1]))
    assert (one.name, one.value, one.start_s, one.end_s) == ("sound_channel_silent", side, 0.0, 6.0)


def test_a_moment_on_one_side_only_is_no_dead_channel(tmp_path: Path) -> None:
    assert problems(tmp_path, stereo(channel(), channel(rms=during(0, 3, 0.0, 0.1)))) == []


def test_opposite_channels(tmp_path: Path) -> None:
    (one,) = problems(tmp_path, stereo(channel(), channel(), during(3, 8, -0.95, 0.4)))
    assert (one.name, one.value, one.start_s, one.end_s) == ("sound_out_of_phase", -0.95, 3.0, 8.0)
    assert problems(tmp_path, stereo(channel(), channel(), during(3, 5, -0.95, 0.4))) == []  # an effect
    quiet = channel(rms=0.001)
    assert problems(tmp_path, stereo(quiet, quiet, -0.95), None) == []  # noise of a converter
