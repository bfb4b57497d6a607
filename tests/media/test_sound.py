"""Sound on real files: its loudness, its tracks, and that silence and gaps stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from functions.transcode.sound import plan_sound
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.ffmpeg.loudness import measure_loudness
from shared.adapters.ffmpeg.programs import Programs
from shared.domain.encoding import EncodingSettings
from shared.domain.media import Loudness
from shared.ports.encoder import EncodedSound
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import H264, PICTURE, MakeClip

EncodeSound = Callable[..., EncodedSound]

_NOISE = "anoisesrc=a=0.3:c=pink:s=1:r=48000:d=6"
# A quiet talk with a clap every two seconds.
_CLAPS = f"{_NOISE},volume='if(lt(mod(t,2),0.02),3,0.35)':eval=frame"
_FIVE_ONE = (
    "aevalsrc='"
    + "|".join(f"0.4*sin(2*PI*{hz}*t)" for hz in (300, 400, 500, 60, 600, 700))
    + "':c=5.1:s=44100:d=6"
)


@pytest.fixture
def encode_sound(tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext) -> EncodeSound:
    def run(path: Path, settings: EncodingSettings = EncodingSettings()) -> EncodedSound:  # noqa: B008  # frozen
        media = tool.probe(path, MediaLimits(), session)
        plan = plan_sound(media, settings)
        assert plan is not None
        return encoder.encode_sound(path, media, plan, session.workspace, session)

    return run


def _loudness(path: Path, session: FakeStageContext) -> Loudness:
    (measured,) = measure_loudness(Programs(None, None, 2**33), [path], session)
    return measured


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("loud", f"{_NOISE},volume=14dB,asoftclip=type=hard,aformat=channel_layouts=stereo"),
        ("quiet", f"{_NOISE},volume=-25dB,aformat=channel_layouts=stereo"),
        ("mono", f"{_NOISE},volume=-5dB"),
        ("dynamic", f"{_NOISE},volume='if(lt(t,3),0.1,1)':eval=frame,aformat=channel_layouts=stereo"),
        ("claps", _CLAPS),
        ("five_one", _FIVE_ONE),
    ],
)
def test_every_sound_gets_the_same_loudness(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip, name: str, source: str
) -> None:
    path = make_clip(f"{name}.mkv", *PICTURE, "-f", "lavfi", "-i", source, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path).tracks
    measured = _loudness(encoded.path, session)
    print(name, encoded.source, encoded.gain_db, encoded.limited, measured)
    assert measured.integrated_lufs == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -1.5 + 0.2
    assert encoded.result == measured
