"""Sound on real files: its loudness, its tracks, and that silence and gaps stay what they are."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from functions.transcode.sound import plan_sound
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.ffmpeg.loudness import measure_loudness
from shared.adapters.ffmpeg.programs import Programs
from shared.adapters.sandbox import ToolLimits
from shared.domain.encoding import EncodingSettings
from shared.domain.media import Loudness
from shared.ports.encoder import EncodedSound
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.sounds import RATE_HZ
from tests.media.spoken import SENTENCES, says
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
    (measured,) = measure_loudness(Programs(), [path], session, ToolLimits())
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
    assert measured.integrated_lufs == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -1.5 + 0.2
    assert encoded.result == measured


def test_peaks_are_held_down_only_so_far(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Claps 28 dB above the talk: it stays quieter than the target, and no peak passes the ceiling."""
    claps = f"{_NOISE},volume='if(lt(mod(t,2),0.02),3,0.05)':eval=frame"
    path = make_clip("far_claps.mkv", *PICTURE, "-f", "lavfi", "-i", claps, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path).tracks
    measured = _loudness(encoded.path, session)
    assert encoded.limited
    assert measured.integrated_lufs is not None
    assert -30 < measured.integrated_lufs < -17
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -1.5 + 0.2


@pytest.mark.parametrize(
    "bursts", ["if(lt(mod(t,2),0.4),1,0.003)", "if(lt(mod(t,3),0.2),1,0.03)", "if(lt(mod(t,6),0.3),3,0.3)"]
)
def test_bursts_that_aac_makes_peaks_of_stay_below_the_ceiling(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip, bursts: str
) -> None:
    """Noise out of near silence at 64 kbit/s: each encoding has other peaks, up to 1.5 dB above the limiter's."""
    source = f"anoisesrc=a=0.3:c=pink:s=1:r=48000:d=12,volume='{bursts}':eval=frame"
    path = make_clip("bursts.mkv", *PICTURE, "-f", "lavfi", "-i", source, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path).tracks
    measured = _loudness(encoded.path, session)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -1.5 + 0.2
    assert measured.integrated_lufs == pytest.approx(-17.5, abs=2.0)
    assert encoded.result == measured, "the best try, though not always the last"


def test_a_voice_recorded_at_full_scale_gets_as_loud(
    encode_sound: EncodeSound, session: FakeStageContext, tmp_path: Path
) -> None:
    """AAC at 64 kbit/s adds up to 2.4 dB to its peaks, and limiting takes most of what makes it louder."""
    spoken = np.concatenate([says(sentence, tmp_path) for sentence in SENTENCES[:3]])
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((spoken / np.abs(spoken).max() * 32_767).astype("<i2").tobytes())
    (encoded,) = encode_sound(path).tracks
    measured = _loudness(encoded.path, session)
    assert encoded.source.integrated_lufs is not None
    assert encoded.source.integrated_lufs < -18.5, "peaks have to be held down"
    assert measured.integrated_lufs == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -1.5 + 0.2


def test_a_clap_at_the_very_end_is_held_down_too(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """It lies in the last 0.05 s, after the last tenth of a second that is whole."""
    clap = f"{_NOISE},atrim=end=3.55,volume='if(gt(t,3.52),4,0.2)':eval=frame"
    path = make_clip("last_clap.mkv", *PICTURE, "-f", "lavfi", "-i", clap, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path).tracks
    assert encoded.limited
    heard = max(np.abs(channel).max() for channel in _channels(encoded.path))
    assert 20 * np.log10(heard) <= -1.5 + 0.2


def test_a_hum_is_not_made_loud(encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip) -> None:
    path = make_clip(
        "hum.mkv", *PICTURE, "-f", "lavfi", "-i", f"{_NOISE},volume=-42dB", *H264, "-c:a", "pcm_s24le"
    )
    (encoded,) = encode_sound(path).tracks
    assert encoded.source.integrated_lufs == pytest.approx(-67.1, abs=0.5)
    assert encoded.gain_db == 40.0
    assert _loudness(encoded.path, session).integrated_lufs == pytest.approx(-27.1, abs=1.0)


def test_silence_is_left_alone(encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip) -> None:
    path = make_clip("silence.mkv", *PICTURE, "-f", "lavfi", "-i", "anullsrc=d=2", *H264, "-c:a", "aac")
    (encoded,) = encode_sound(path).tracks
    assert (encoded.result, encoded.gain_db, encoded.limited) == (None, 0.0, False)
    assert _loudness(encoded.path, session).true_peak_dbtp is None


def test_off_leaves_the_level_as_it_is(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip
) -> None:
    source = f"{_NOISE},volume=-15dB,aformat=channel_layouts=stereo"
    path = make_clip("off.mkv", *PICTURE, "-f", "lavfi", "-i", source, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path, EncodingSettings(loudness_lufs="off")).tracks
    assert encoded.result is None
    assert encoded.source.integrated_lufs == pytest.approx(-40.1, abs=0.5)
    assert _loudness(encoded.path, session).integrated_lufs == pytest.approx(-40.1, abs=1.0)


def test_the_target_and_the_ceiling_are_settings(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip
) -> None:
    path = make_clip("claps.mkv", *PICTURE, "-f", "lavfi", "-i", _CLAPS, *H264, "-c:a", "flac")
    (encoded,) = encode_sound(path, EncodingSettings(loudness_lufs=-18.0, true_peak_dbtp=-4.0)).tracks
    measured = _loudness(encoded.path, session)
    assert encoded.limited
    assert measured.integrated_lufs == pytest.approx(-18.0, abs=0.5)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= -4.0 + 0.2


def test_what_is_analyzed_has_the_sources_level(encode_sound: EncodeSound, make_clip: MakeClip) -> None:
    """A sine of a tenth of full scale, which the track has much louder."""
    source = "aevalsrc='0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t)':s=48000:d=4"
    path = make_clip("tenth.mkv", *PICTURE, "-f", "lavfi", "-i", source, *H264, "-c:a", "flac")
    sound = encode_sound(path)
    with wave.open(str(sound.analysis_audio)) as analysis:
        samples = np.frombuffer(analysis.readframes(64_000), np.int16)
    assert np.abs(samples[8000:]).max() / 32768 == pytest.approx(0.1, rel=0.02)
    assert sound.tracks[0].source.integrated_lufs == pytest.approx(-20.0, abs=0.2)
    assert sound.tracks[0].gain_db == pytest.approx(4.0, abs=0.2)


def test_a_talk_in_the_centre_is_heard_on_both_sides(
    encode_sound: EncodeSound, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    centre = "aevalsrc='0|0|0.3*sin(2*PI*500*t)|0|0|0':c=5.1:s=48000:d=2"
    path = make_clip("centre.mkv", *PICTURE, "-f", "lavfi", "-i", centre, *H264, "-c:a", "ac3")
    (encoded,) = encode_sound(path).tracks
    (stream,) = tool.inspect(encoded.path, session).audio
    assert stream.channels == 2
    left, right = _channels(encoded.path)
    assert np.abs(left[24_000:48_000]).max() == pytest.approx(np.abs(right[24_000:48_000]).max(), rel=0.01)
    assert np.abs(left[24_000:48_000]).max() > 0.1


def test_one_channel_stays_one(
    encode_sound: EncodeSound, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    (encoded,) = encode_sound(clip).tracks
    (stream,) = tool.inspect(encoded.path, session).audio
    assert stream.channels == 1
    assert encoded.result is not None
    assert encoded.result.integrated_lufs == pytest.approx(-16.0, abs=0.5)


def _channels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "2", "pipe:1"]
    pcm = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).stdout
    samples = np.frombuffer(pcm, np.float32)
    return samples[0::2], samples[1::2]


def test_sound_that_becomes_of_another_kind_stays_with_the_picture(
    encode_sound: EncodeSound, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """A film in 5.1 after stereo, as broadcast: a beep a second, louder by 12 dB before."""
    beeps = "aevalsrc='{}*sin(2*PI*880*t)*lt(mod(t,1),0.1)':s=48000:d=2"
    parts = [
        make_clip(
            f"{channels}.ts",
            *("-f", "lavfi", "-i", beeps.format(loud), "-c:a", "ac3", "-ac", channels, "-output_ts_offset", start),
        )
        for channels, loud, start in (("2", "0.8", "0"), ("6", "0.4", "2"))
    ]
    joined = parts[0].with_name("joined.ts")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    encoded = encode_sound(joined)
    (track,) = encoded.tracks
    for path in (track.path, encoded.analysis_audio):
        assert _beeps_s(path) == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.03)
    assert track.track.index == 0
    assert _loudness(track.path, session).integrated_lufs == pytest.approx(-16, abs=0.5), "the whole, not the rest"


def _beeps_s(path: Path) -> list[float]:
    """Returns when beeps begin, which are apart by more than half a second."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(path), "-ac", "1", "-ar", "8000", "-f", "s16le"]
    command.append("pipe:1")
    run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    samples = np.abs(np.frombuffer(run.stdout, np.int16).astype(np.float64))
    (loud,) = np.nonzero(samples > samples.max() / 20)
    first = np.concatenate(([True], np.diff(loud) > 4000))
    return [float(at) / 8000 for at in loud[first]]
