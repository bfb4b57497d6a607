"""Noise that what is said has to stand out from, and hum from the mains."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from functions.analyze.runs import runs
from shared.domain.records import Finding, Segment
from shared.processors.analyzer import AnalysisInput, Analyzer

__all__ = ["NoiseAnalyzer"]

_BLOCK_S: Final = 10.0
_SHORTEST_S: Final = 4.0  # less says nothing about what is there all the time

_NOISE_WINDOW: Final = 1024  # 64 ms: it fits between two syllables
_NOISE_BAND_HZ: Final = (100.0, 7500.0)
_QUIETEST_SHARE: Final = 0.1
_NOISE_OF_QUIETEST: Final = 1 / -math.log(1 - _QUIETEST_SHARE)  # noise has that much more power on the average
_SPOKEN_SHARE: Final = 0.2
_MOST_SNR_DB: Final = 15.0
_WORST_SNR_DB: Final = 3.0
_LEAST_NOISE_DBFS: Final = -65.0

_HUM_WINDOW: Final = 16384  # about a second: lines of 1 Hz
_MAINS_HZ: Final = (50.0, 60.0)
_HARMONICS: Final = 8
_LINE_DB: Final = 12.0  # above what lies around it
_FEWEST_LINES: Final = 3
_LEAST_LINE_DBFS: Final = -80.0
_LEAST_HUM_DBFS: Final = -60.0
_HUM_BELOW_SOUND_DB: Final = 40.0

_Floats = npt.NDArray[np.float64]


class NoiseAnalyzer(Analyzer):
    """Listens to what is there all the time, ten seconds at a time."""

    name: ClassVar[str] = "noise"
    version: ClassVar[str] = "1"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        if video.audio is None:
            return
        blocks = [_heard(block, video.segments) for block in _blocks(video.audio)]
        for first, end in runs(np.array([_is_noisy(block) for block in blocks], bool), gap=0, least=1):
            yield self._noise(blocks[first:end], video)
        for mains_hz in _MAINS_HZ:
            humming = np.array([block.hum_hz == mains_hz for block in blocks], bool)
            for first, end in runs(humming, gap=1, least=1):
                yield self._hum(mains_hz, [block for block in blocks[first:end] if block.hum_hz], video)

    def _noise(self, blocks: list[_Block], video: AnalysisInput) -> Finding:
        noise_dbfs, snr_db = (
            float(np.mean(values))
            for values in ([one.noise_dbfs for one in blocks], [one.snr_db for one in blocks])
        )
        bad = min((_MOST_SNR_DB - snr_db) / (_MOST_SNR_DB - _WORST_SNR_DB), 1.0)
        reason = f"What is said is only {snr_db:.0f} dB louder than noise of {noise_dbfs:.0f} dBFS."
        return self._finding("sound_noise", round(noise_dbfs, 1), 0.6 + 0.3 * bad, reason, blocks, video)

    def _hum(self, mains_hz: float, blocks: list[_Block], video: AnalysisInput) -> Finding:
        level_dbfs = float(np.mean([block.hum_dbfs for block in blocks]))
        reason = f"The mains hum at {mains_hz:.0f} Hz and its multiples, with {level_dbfs:.0f} dBFS."
        return self._finding("sound_hum", mains_hz, 0.8, reason, blocks, video)

    def _finding(
        self, name: str, value: float, confidence: float, reason: str, blocks: list[_Block], video: AnalysisInput
    ) -> Finding:
        return Finding(
            name=name,
            modality="sound",
            value=value,
            start_s=blocks[0].start_s,
            end_s=min(blocks[-1].end_s, video.media.duration_s),
            confidence=confidence,
            producer=self.name,
            producer_version=self.version,
            reason=reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    start_s: float
    values: _Floats
    rate_hz: int

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.values) / self.rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What is known of ten seconds; levels of what is not there are -inf."""

    start_s: float
    end_s: float
    noise_dbfs: float
    snr_db: float
    hum_hz: float | None
    hum_dbfs: float


def _blocks(audio: Path) -> Iterator[_Samples]:
    """Yields ten seconds at a time; a rest too short for itself belongs to the last ones."""
    with wave.open(str(audio), "rb") as sound:
        rate_hz, count = sound.getframerate(), sound.getnframes()
        number = max(math.floor(count / rate_hz / _BLOCK_S + 1 - _SHORTEST_S / _BLOCK_S), 1)
        edges = [round(_BLOCK_S * rate_hz) * place for place in range(number)] + [count]
        for first, end in pairwise(edges):
            if end - first >= _SHORTEST_S * rate_hz:
                values = np.frombuffer(sound.readframes(end - first), "<i2") / 32768
                yield _Samples(start_s=first / rate_hz, values=values - values.mean(), rate_hz=rate_hz)


def _heard(block: _Samples, segments: Iterable[Segment]) -> _Block:
    spectra = _spectra(block.values, _NOISE_WINDOW)
    at_hz = np.fft.rfftfreq(_NOISE_WINDOW, 1 / block.rate_hz)
    band = spectra[:, (at_hz >= _NOISE_BAND_HZ[0]) & (at_hz <= _NOISE_BAND_HZ[1])]
    noise = float(np.quantile(band, _QUIETEST_SHARE, axis=0).sum()) * _NOISE_OF_QUIETEST
    speech = _in(band.sum(axis=1), block, [one for one in segments if one.kind == "speech"])
    music = _in(band.sum(axis=1), block, [one for one in segments if one.kind == "music"])
    hum_hz, hum_dbfs = _hum_of(block)
    snr_db = math.inf
    # Music is there all the time without being noise.
    if len(speech) >= _SPOKEN_SHARE * len(band) and not len(music):
        snr_db = _db(max(float(np.quantile(speech, 0.8)) - noise, 0.0)) - _db(noise)
    return _Block(
        start_s=block.start_s,
        end_s=block.end_s,
        noise_dbfs=_db(noise),
        snr_db=snr_db,
        hum_hz=hum_hz,
        hum_dbfs=hum_dbfs,
    )


def _is_noisy(block: _Block) -> bool:
    return block.snr_db < _MOST_SNR_DB and block.noise_dbfs >= _LEAST_NOISE_DBFS


def _spectra(values: _Floats, window: int) -> _Floats:
    """Returns the power of each bin, frame by frame, so that a frame's bins add up to the power of its sound."""
    frames = np.lib.stride_tricks.sliding_window_view(values, window)[:: window // 2]
    shape = np.hanning(window)
    power: _Floats = np.abs(np.fft.rfft(frames * shape, axis=1)) ** 2 * (2 / (window * (shape**2).sum()))
    return power


def _in(powers: _Floats, block: _Samples, segments: Iterable[Segment]) -> _Floats:
    """Returns the powers of the frames that lie in segments."""
    hop_s = _NOISE_WINDOW / 2 / block.rate_hz
    middles_s = block.start_s + (np.arange(len(powers)) + 1) * hop_s
    inside = np.zeros(len(powers), bool)
    for segment in segments:
        inside |= (segment.start_s <= middles_s) & (middles_s < segment.end_s)
    return powers[inside]


def _hum_of(block: _Samples) -> tuple[float | None, float]:
    """Returns the frequency of mains that are heard all the time, None for none, and the level of their hum."""
    spectra = _spectra(block.values, _HUM_WINDOW)
    always = np.quantile(spectra, 0.25, axis=0)
    bins_a_hz = _HUM_WINDOW / block.rate_hz
    sound_dbfs = _db(float(np.mean(block.values**2)))
    found: tuple[float | None, float] = (None, -math.inf)
    for mains_hz in _MAINS_HZ:
        lines = [_line(always, mains_hz * number * bins_a_hz) for number in range(1, _HARMONICS + 1)]
        power = sum(line for line in lines if line is not None)
        level_dbfs = _db(power)
        loud = level_dbfs >= max(_LEAST_HUM_DBFS, sound_dbfs - _HUM_BELOW_SOUND_DB)
        if sum(line is not None for line in lines) >= _FEWEST_LINES and loud and level_dbfs > found[1]:
            found = (mains_hz, level_dbfs)
    return found


def _line(always: _Floats, place: float) -> float | None:
    """Returns the power of a line at a bin, None if nothing stands out there."""
    at = round(place)
    near = always[at - 24 : at + 25]
    peak = 23 + int(np.argmax(near[23:26]))
    around = float(np.median(np.concatenate([near[:18], near[31:]])))
    # The line's own bins: those beside the peak have the rest of it.
    power = float(near[peak - 2 : peak + 3].sum())
    is_peak = near[peak] == near[18:31].max()
    if is_peak and _db(power) >= _LEAST_LINE_DBFS and _db(float(near[peak])) - _db(around) >= _LINE_DB:
        return power
    return None


def _db(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf
