"""Sounds that are damaged to a degree which is drawn by lot, and mixed so that what is heard is known."""

from __future__ import annotations

import random
import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from functions.analyze.strategies.levels import LevelsAnalyzer
from functions.analyze.strategies.noise import NoiseAnalyzer
from functions.segment.strategies.music import MusicSegmenter
from functions.segment.strategies.silence import SilenceSegmenter
from functions.segment.strategies.speech import SpeechSegmenter
from functions.transcode.sound import plan_sound
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.silero import SileroSpeechDetector
from shared.domain.encoding import EncodingSettings
from shared.domain.records import Segment
from shared.ports.media_tool import MediaLimits
from shared.processors.tagger import TaggingInput
from shared.testing.stage_context import FakeStageContext
from tests.calibration.measured import MeasuredCase
from tests.media.sounds import MUSIC, NO_MUSIC, RATE_HZ, Samples, at_level
from tests.media.spoken import SENTENCES, talk
from tests.unit.functions.analyze.studio import analysis_input, ports

__all__ = ["sound_cases"]

_LENGTH_S: Final = 20.0
_LENGTH: Final = round(_LENGTH_S * RATE_HZ)
_VOICES: Final = ("en-us", "de", "fr", "flite:slt", "flite:kal")
_JUDGED: Final = frozenset(
    {
        "background noise",
        "clipped sound",
        "dc offset",
        "mains hum",
        "music",
        "one channel silent",
        "out of phase",
        "silence",
        "silent",
        "speech",
        "too quiet",
    }
)

_Damage: TypeAlias = Callable[[Samples, random.Random], tuple[Samples, str]]  # with the label it deserves then


def sound_cases(folder: Path, count: int, seed: int) -> Iterator[MeasuredCase]:
    """Yields cases of one sound each, measured and heard as the stages do.

    Args:
        folder: Where sounds are kept.
        count: How many.
        seed: The same sounds come out of the same seed.
    """
    chance = random.Random(seed)
    talks = {}
    for number, voice in enumerate(_VOICES):
        sentences = [SENTENCES[(number + further) % len(SENTENCES)] for further in range(5)]
        talks[voice] = talk(folder, sentences, voice=voice, pause_s=0.7).samples
    for number in range(count):
        name = f"sound {seed}-{number}"
        mixed, labels = _mixed(talks, chance)
        left_and_right, label = chance.choice(_DAMAGES)(np.stack([mixed, mixed]), chance)
        own = folder / name
        own.mkdir()
        if label == "silent":
            labels = set()
        yield MeasuredCase(
            name=name, video=_heard(own, left_and_right), judged=_JUDGED, labels=frozenset(labels | {label})
        )


def _heard(folder: Path, left_and_right: Samples) -> TaggingInput:
    path, session = folder / "sound.wav", FakeStageContext(folder)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(left_and_right, -1, 1) * 32767).T.astype("<i2").tobytes())
    media = FfmpegMediaTool().probe(path, MediaLimits(), session)
    plan = plan_sound(media, EncodingSettings(loudness_lufs="off"))
    assert plan is not None
    session.workspace.mkdir(exist_ok=True)
    sound = FfmpegEncoder().encode_sound(path, media, plan, session.workspace, session)
    segments: list[Segment] = []
    listening = ports(speech_detector=SileroSpeechDetector())
    for segmenter in (SilenceSegmenter(listening), SpeechSegmenter(listening), MusicSegmenter(listening)):
        segmenter.start(media)
        segmenter.observe_audio(sound.analysis_audio)
        segments += segmenter.finish()
    video = analysis_input(
        folder,
        media=media,
        segments=segments,
        audio=sound.analysis_audio,
        levels=sound.levels,
        loudness=sound.tracks[0].source,
    )
    findings = [*LevelsAnalyzer(listening).analyze(video), *NoiseAnalyzer(listening).analyze(video)]
    return TaggingInput(media=media, segments=segments, findings=findings)


def _mixed(talks: Mapping[str, Samples], chance: random.Random) -> tuple[Samples, set[str]]:
    """Returns twenty seconds of speech, music or something else, or two of them, and what is heard in it."""
    rng = np.random.default_rng(chance.randint(0, 10**6))
    kind = chance.choice(("speech", "speech", "music", "other", "speech over music", "speech over noise", "pause"))
    said = np.resize(talks[chance.choice(_VOICES)], _LENGTH)
    music = at_level(MUSIC[chance.choice(list(MUSIC))](rng, _LENGTH_S)[:_LENGTH], -20)
    noise_kind = chance.choice(list(NO_MUSIC))
    if kind == "speech":
        return said, {"speech"}
    if kind == "music":
        return music, {"music"}
    if kind == "other":
        other = at_level(NO_MUSIC[noise_kind](rng, _LENGTH_S)[:_LENGTH], -20)
        return other, {"mains hum"} if noise_kind == "hum" else set()
    if kind == "pause":
        said[round(5 * RATE_HZ) : round((5 + chance.choice((2, 5, 10))) * RATE_HZ)] = 0
        return said, {"speech", "silence"}
    below_db = chance.choice((3, 6, 10, 16, 24))
    if kind == "speech over music":
        return said + at_level(music, -20 - below_db), {"speech", "music"}
    noise = at_level(rng.normal(0, 1, _LENGTH), -20 - below_db)
    return said + noise, {"speech", "background noise"} if below_db <= 10 else {"speech"}


def _unharmed(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    del chance
    return sound, ""


def _clipped(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    gain_db = chance.choice((0, 6, 12, 20))
    driven = sound * 10 ** (gain_db / 20)
    share = float((np.abs(driven) >= 1).mean())
    return np.clip(driven, -1, 1) * chance.choice((1.0, 0.7)), "clipped sound" if share >= 0.0005 else ""


def _shifted(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    offset = chance.choice((0.002, 0.006, 0.02, 0.05))
    return sound + offset, "dc offset" if offset >= 0.01 else ""


def _one_sided(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    below_db = chance.choice((10, 25, 90))
    return sound * np.array([[1.0], [10 ** (-below_db / 20)]]), "one channel silent" if below_db == 90 else ""


def _opposite(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    share = chance.choice((-1.0, -0.5, 0.5))  # of the left channel in the right one
    rng = np.random.default_rng(chance.randint(0, 10**6))
    own = at_level(rng.normal(0, 1, (sound.shape[1],)), -45)
    return np.stack([sound[0], share * sound[0] + own]), "out of phase" if share < 0 else ""


def _quiet(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    gain_db = chance.choice((-4, -8, -14, -20, -75))
    label = "silent" if gain_db == -75 else "too quiet" if gain_db <= -14 else ""
    return sound * 10 ** (gain_db / 20), label


def _humming(sound: Samples, chance: random.Random) -> tuple[Samples, str]:
    mains_hz, dbfs = chance.choice((50, 60)), chance.choice((-75, -60, -50, -40))
    at = np.arange(sound.shape[1]) / RATE_HZ
    overtones = np.array([[1.0], [2.0], [3.0], [4.0]])
    hum: Samples = (np.sin(2 * np.pi * mains_hz * overtones * at) / overtones).sum(axis=0)
    return sound + at_level(hum, dbfs), "mains hum" if dbfs >= -60 else ""


_DAMAGES: Final[tuple[_Damage, ...]] = (
    _unharmed,
    _unharmed,
    _clipped,
    _shifted,
    _one_sided,
    _opposite,
    _quiet,
    _humming,
)
