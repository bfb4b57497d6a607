from __future__ import annotations

from dataclasses import replace

from shared.domain.sound_levels import ChannelLevels, SoundLevels

CHANNEL = ChannelLevels(peak=(0.5, 0.25), rms=(0.1, 0.2), mean=(0.0, -0.01), flat=(0.0, 0.001))
STEREO = SoundLevels(window_s=0.5, channels=(CHANNEL, CHANNEL), correlation=(0.3, -0.2))


def test_what_was_written_is_read_back() -> None:
    for levels in (STEREO, replace(STEREO, channels=(CHANNEL,), correlation=())):
        assert SoundLevels.from_json(levels.to_json()) == levels


def test_only_opposite_channels_cancel_each_other_out() -> None:
    assert replace(STEREO, correlation=(-1.0, -0.98)).cancels_out
    assert not STEREO.cancels_out
    assert not replace(STEREO, correlation=(-1.0, 0.5)).cancels_out
    assert not replace(STEREO, channels=(CHANNEL,), correlation=()).cancels_out


def test_a_missing_channel_and_silence_cancel_nothing() -> None:
    dead = replace(CHANNEL, rms=(0.0, 0.0))
    assert not replace(STEREO, channels=(CHANNEL, dead), correlation=(0.0, 0.0)).cancels_out
    assert not replace(STEREO, channels=(dead, dead), correlation=(0.0, 0.0)).cancels_out
