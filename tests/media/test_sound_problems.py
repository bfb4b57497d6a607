"""What is wrong with the sound of real files, each damaged in a way that is known."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from functions.analyze.strategies.levels import LevelsAnalyzer
from functions.transcode.sound import plan_sound
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import EncodingSettings
from shared.domain.records import Finding
from shared.ports.encoder import EncodedSound
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip
from tests.unit.functions.analyze.studio import analysis_input, ports

_TALK = "anoisesrc=a=0.3:c=pink:s={seed}:r=44100:d=8,volume='0.7+0.7*sin(8*PI*t)':eval=frame"
_LEFT, _RIGHT = (_TALK.format(seed=seed) for seed in (1, 2))
_BOTH = f"{_LEFT}[l];{_RIGHT}[r];[l][r]join=inputs=2:channel_layout=stereo"


def _heard(path: Path, session: FakeStageContext) -> tuple[EncodedSound, list[Finding]]:
    media = FfmpegMediaTool().probe(path, MediaLimits(), session)
    plan = plan_sound(media, EncodingSettings(loudness_lufs="off"))
    assert plan is not None
    sound = FfmpegEncoder().encode_sound(path, media, plan, session.workspace, session)
    video = analysis_input(session.folder, media=media, levels=sound.levels, loudness=sound.tracks[0].source)
    return sound, list(LevelsAnalyzer(ports()).analyze(video))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("good", _BOTH, set()),
        ("loud", f"{_BOTH},volume=12dB,alimiter=limit=0.99:level=false", set()),
        ("clipped", f"{_BOTH},volume=14dB,asoftclip=type=hard,volume=-3dB", {"sound_clipping"}),
        ("shifted", f"{_BOTH},dcshift=0.05", {"sound_dc_offset"}),
        ("left only", f"{_LEFT},pan=stereo|c0=c0|c1=0*c0", {"sound_channel_silent"}),
        ("opposite", f"{_LEFT},pan=stereo|c0=c0|c1=-1*c0", {"sound_out_of_phase"}),
        ("quiet", f"{_BOTH},volume=-30dB", {"sound_too_quiet"}),
        ("silent", "anullsrc=r=44100:cl=stereo:d=8", {"sound_silent"}),
        ("surround", f"{_LEFT},pan=5.1|c0=c0|c1=0.5*c0|c2=c0|c3=0*c0|c4=0.1*c0|c5=0.2*c0", set()),
    ],
)
@pytest.mark.parametrize("codec", ["flac", "aac"])
def test_damage_is_found_and_nothing_else(
    make_clip: MakeClip, session: FakeStageContext, name: str, source: str, expected: set[str], codec: str
) -> None:
    path = make_clip("sound.mka", "-f", "lavfi", "-i", source, "-c:a", codec)
    sound, found = _heard(path, session)
    if codec == "aac":
        expected = expected - {"sound_clipping"}  # its tops are flat no more
    assert {finding.name for finding in found} == expected
    assert all(finding.end_s - finding.start_s >= 6 for finding in found)
    assert sum(len(channel.rms) for channel in sound.levels.channels) in (32, 34)


def test_opposite_channels_are_analyzed_all_the_same(make_clip: MakeClip, session: FakeStageContext) -> None:
    opposite = f"{_LEFT},pan=stereo|c0=c0|c1=-1*c0"
    sound, _ = _heard(make_clip("sound.mka", "-f", "lavfi", "-i", opposite, "-c:a", "flac"), session)
    with wave.open(str(sound.analysis_audio)) as audio:
        samples = np.frombuffer(audio.readframes(audio.getnframes()), "<i2") / 32768
    assert len(samples) == pytest.approx(8 * 16_000, abs=16)
    left = np.array(sound.levels.channels[0].rms)
    assert np.sqrt(np.mean(samples**2)) > 0.5 * np.sqrt(np.mean(left**2))
