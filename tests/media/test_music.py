"""Music, speech and everything else, alone and together: what is taken for music."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from functions.segment.strategies.music import MusicSegmenter
from shared.domain.records import Segment
from shared.testing.sound import write_wav
from shared.testing.videos import media_info
from tests.media.sounds import MUSIC, NO_MUSIC, RATE_HZ, Samples, at_level
from tests.media.spoken import SENTENCES, talk
from tests.result_table import ResultTable

_LENGTH_S = 24.0
_HARDLY_HEARD = frozenset({"flute"})
"""One voice alone that trembles: it glides as speech does."""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    columns = ("sound", "music", "share taken for music", "confidence")
    table = ResultTable(tmp_path_factory, "music", columns, "What is taken for music")
    yield table
    table.write()


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Returns half a minute of somebody who hardly pauses."""
    return talk(tmp_path_factory.mktemp("speech"), voice="flite:slt", pause_s=0.3).samples


def _music_in(samples: Samples, folder: Path) -> list[Segment]:
    segmenter = MusicSegmenter(cast("Any", SimpleNamespace()))
    segmenter.start(media_info(duration_s=len(samples) / RATE_HZ))
    segmenter.observe_audio(write_wav(folder / "sound.wav", samples))
    return list(segmenter.finish())


def _told(table: ResultTable, name: str, there: str, found: list[Segment], samples: Samples) -> float:
    length_s = sum(one.end_s - one.start_s for one in found)
    sure = sum(one.confidence * (one.end_s - one.start_s) for one in found) / length_s if found else 0.0
    share = length_s * RATE_HZ / len(samples)
    table.add(name, there, f"{share:.2f}", f"{sure:.2f}" if found else "")
    return share


@pytest.mark.parametrize("style", MUSIC)
def test_music_is_found(style: str, tmp_path: Path, table: ResultTable) -> None:
    samples = at_level(MUSIC[style](np.random.default_rng(21), _LENGTH_S), -20)
    found = _music_in(samples, tmp_path)
    share = _told(table, style, "yes", found, samples)
    assert share >= 0.9 or style in _HARDLY_HEARD
    assert all(0.5 <= one.confidence <= 1 for one in found)


@pytest.mark.parametrize("kind", NO_MUSIC)
def test_other_sound_is_no_music(kind: str, tmp_path: Path, table: ResultTable) -> None:
    rng = np.random.default_rng(22)
    samples = at_level(NO_MUSIC[kind](rng, _LENGTH_S), -20) + rng.normal(0, 1e-4, round(_LENGTH_S * RATE_HZ))
    found = _music_in(samples, tmp_path)
    assert _told(table, kind, "no", found, samples) == 0


@pytest.mark.parametrize("voice", ["en-us", "en-us+f3", "de", "zh", "flite:slt", "flite:awb"])
def test_speech_is_no_music(voice: str, tmp_path: Path, table: ResultTable) -> None:
    samples = talk(tmp_path, SENTENCES[:8], voice=voice, pause_s=0.4).samples
    found = _music_in(samples, tmp_path)
    assert _told(table, f"voice {voice}", "no", found, samples) == 0


@pytest.mark.parametrize("style", ["piano", "pad", "guitar", "band", "drums"])
def test_music_is_found_below_speech(style: str, speech: Samples, tmp_path: Path, table: ResultTable) -> None:
    music = MUSIC[style](np.random.default_rng(23), len(speech) / RATE_HZ + 1)[: len(speech)]
    samples = speech + at_level(music, -32)
    found = _music_in(samples, tmp_path)
    assert _told(table, f"{style} 12 dB below speech", "yes", found, samples) >= 0.8


@pytest.mark.parametrize("style", ["piano", "band", "drums"])
def test_music_between_speech_has_its_span(style: str, speech: Samples, tmp_path: Path) -> None:
    before, after = speech[: 12 * RATE_HZ], speech[12 * RATE_HZ : 24 * RATE_HZ]
    music = at_level(MUSIC[style](np.random.default_rng(24), 15.0), -20)
    (one,) = _music_in(np.concatenate([before, music, after]), tmp_path)
    assert one.start_s == pytest.approx(12, abs=2.5)
    assert one.end_s == pytest.approx(27, abs=3.5)


def test_silence_and_next_to_nothing_are_no_music(tmp_path: Path) -> None:
    quiet = at_level(MUSIC["piano"](np.random.default_rng(1), 10.0), -75)
    for samples in (np.zeros(0), np.zeros(500), np.zeros(10 * RATE_HZ), quiet, quiet[:20_000]):
        assert _music_in(samples, tmp_path) == []


def test_the_next_video_begins_anew(tmp_path: Path) -> None:
    segmenter = MusicSegmenter(cast("Any", SimpleNamespace()))
    segmenter.start(media_info(duration_s=10.0))
    samples = at_level(MUSIC["piano"](np.random.default_rng(1), 10.0), -20)
    segmenter.observe_audio(write_wav(tmp_path / "sound.wav", samples))
    assert len(segmenter.finish()) == 1
    segmenter.start(media_info(audio=()))
    assert segmenter.finish() == []
