"""Each measure against a wave whose answer is known, in pieces as a pipe would bring them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from shared.adapters.ffmpeg.levels import LevelMeter
from shared.domain.sound_levels import SoundLevels
from shared.testing.videos import audio_stream

RATE_HZ = 48_000
Wave = npt.NDArray[np.float64]


def tone(hz: float, length_s: float = 1.0, rate_hz: int = RATE_HZ) -> Wave:
    return np.asarray(np.sin(2 * np.pi * hz * np.arange(round(length_s * rate_hz)) / rate_hz))


def measured(*channels: Wave, rate_hz: int = RATE_HZ, piece: int = 10_007) -> SoundLevels:
    meter = LevelMeter(audio_stream(channels=len(channels), sample_rate_hz=rate_hz), "pipe:9")
    data = np.stack(channels, axis=1).astype("<f4").tobytes()
    for first in range(0, len(data), piece):
        meter.take(data[first : first + piece])
    return meter.levels()


def test_each_channel_is_measured_window_by_window() -> None:
    levels = measured(0.5 * tone(1000, 1.25), np.full(60_000, 0.25))
    left, right = levels.channels
    assert levels.window_s == 0.5
    assert left.peak == pytest.approx((0.5, 0.5, 0.5), abs=1e-4)
    assert left.rms == pytest.approx((0.5**0.5 / 2,) * 3, abs=1e-4)
    assert left.mean == pytest.approx((0.0,) * 3, abs=1e-4)
    assert right.mean == pytest.approx((0.25,) * 3)


def test_how_alike_channels_are() -> None:
    one, other = np.random.default_rng(1).normal(0, 0.1, (2, 24_000))
    for second, expected in ((one, 1.0), (-0.5 * one, -1.0), (other, 0.0), (np.zeros(24_000), 0.0)):
        assert measured(one, second).correlation == pytest.approx((expected,), abs=0.02)
    assert measured(one).correlation == ()


def test_tops_that_were_cut_off_are_flat() -> None:
    (channel,) = measured(np.clip(2 * tone(300), -1, 1)).channels
    assert channel.flat == pytest.approx(
        (2 / 3,) * 2, abs=0.02
    )  # above half its height for two thirds of the time
    (channel,) = measured(0.3 * np.clip(1.1 * tone(300), -1, 1)).channels  # and turned down afterwards
    assert min(channel.flat) > 0.1


@pytest.mark.parametrize(("hz", "rate_hz"), [(30, 48_000), (440, 44_100), (5000, 48_000), (60, 192_000)])
def test_a_loud_tone_is_not_flat(hz: float, rate_hz: int) -> None:
    in_16_bits = np.round(tone(hz, rate_hz=rate_hz) * 32767) / 32768
    (channel,) = measured(in_16_bits, rate_hz=rate_hz).channels
    assert max(channel.flat) == 0


def test_what_can_hardly_be_heard_is_not_looked_at() -> None:
    (channel,) = measured(np.clip(0.05 * tone(300), -0.01, 0.01)).channels
    assert max(channel.flat) == 0


def test_what_is_no_number_does_no_harm() -> None:
    broken = tone(1000)
    broken[[5, 30_000]] = np.nan, np.inf
    (channel,) = measured(broken).channels
    assert np.isfinite([*channel.peak, *channel.rms, *channel.mean]).all()


def test_nothing_is_nothing() -> None:
    meter = LevelMeter(audio_stream(channels=2), "pipe:9")
    levels = meter.levels()
    assert levels.channels[0].peak == levels.channels[1].rms == levels.correlation == ()
