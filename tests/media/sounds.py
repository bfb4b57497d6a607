"""Sounds of known kinds, synthesized: music of several styles, noises, and what is mistaken for music."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["MUSIC", "NO_MUSIC", "RATE_HZ", "Samples", "at_level", "beats"]

RATE_HZ: Final = 16_000
Samples: TypeAlias = npt.NDArray[Any]
_Timbre: TypeAlias = Callable[[float, float, np.random.Generator], Samples]


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Returns sound with another RMS."""
    rms = float(np.sqrt(np.mean(samples**2)))
    return samples * (10 ** (dbfs / 20) / rms)


def beats(rng: np.random.Generator, length_s: float, beats_a_minute: float = 112.0) -> Samples:
    """Returns a drum kit: kick, snare and hat in fours."""
    out, step_s = _empty(length_s), 30 / beats_a_minute
    for step in range(int(length_s / step_s)):
        at_s = step * step_s + rng.normal(0, 0.003)
        _add(out, at_s, 0.25 * _hit(rng, 0.05, 7000))
        if step % 4 == 0:
            _add(out, at_s, _kick())
        if step % 4 == 2:
            _add(out, at_s, 0.7 * _hit(rng, 0.15, 1500))
    return out


def _sum(waves: Sequence[Samples]) -> Samples:
    total: Samples = np.sum(waves, axis=0)
    return total


def _seconds(length_s: float) -> Samples:
    return np.arange(round(length_s * RATE_HZ)) / RATE_HZ


def _empty(length_s: float) -> Samples:
    return np.zeros(round(length_s * RATE_HZ))


def _add(out: Samples, at_s: float, sound: Samples) -> None:
    first = max(round(at_s * RATE_HZ), 0)
    length = min(len(sound), len(out) - first)
    if length > 0:
        out[first : first + length] += sound[:length]


def _partials(hz: float, length_s: float, fall: float, count: int = 12) -> Samples:
    at = _seconds(length_s)
    numbers = [number for number in range(1, count + 1) if number * hz < RATE_HZ / 2]
    return _sum([np.sin(2 * np.pi * number * hz * at) / number**fall for number in numbers])


def _dying(sound: Samples, speed: float) -> Samples:
    died: Samples = sound * np.exp(-np.arange(len(sound)) / RATE_HZ * speed)
    return died


def _piano(hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    return _dying(_partials(hz * (1 + rng.normal(0, 0.0005)), length_s, 1.3), 2.5)


def _pluck(hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    return _dying(_partials(hz * (1 + rng.normal(0, 0.001)), length_s, 1.0), 5)


def _pad(hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    voices = [_partials(hz * (1 + rng.normal(0, 0.002)), length_s, 1.6) for _ in range(3)]
    at = _seconds(length_s)
    return _sum(voices) * np.minimum(at / 0.4, 1) * np.minimum((length_s - at) / 0.3, 1)


def _strings(hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    at = _seconds(length_s)
    phase = 2 * np.pi * hz * at + 0.25 * hz / 100 * np.sin(2 * np.pi * rng.uniform(5, 6) * at)
    tone = _sum([np.sin(number * phase) / number for number in range(1, 9) if number * hz < 7500])
    return tone * np.minimum(at / 0.08, 1) * np.minimum((length_s - at) / 0.05, 1)


def _kick() -> Samples:
    at = _seconds(0.2)
    return _dying(np.sin(2 * np.pi * (50 * at + 6 * (1 - np.exp(-at * 30)))), 18)


def _hit(rng: np.random.Generator, length_s: float, above_hz: float) -> Samples:
    noise = rng.normal(0, 1, round(length_s * RATE_HZ))
    return _dying(_between(noise, above_hz, RATE_HZ), 4 / length_s)


def _between(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    spectrum = np.fft.rfft(samples)
    at_hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(at_hz < low_hz) | (at_hz > high_hz)] = 0
    return np.fft.irfft(spectrum, len(samples))


def _hz(semitones_from_a3: float) -> float:
    return 220.0 * 2 ** (semitones_from_a3 / 12)


def _chords(timbre: _Timbre, *, chord_s: float, arpeggio: bool = False) -> Callable[..., Samples]:
    def play(rng: np.random.Generator, length_s: float) -> Samples:
        out, key = _empty(length_s), int(rng.integers(-5, 6))
        for number in range(int(length_s / chord_s) + 1):
            root = key + (0, 7, 9, 5)[number % 4]
            third = 3 if number % 4 == 2 else 4
            for place, step in enumerate((0, third, 7, 12)):
                late_s = place * chord_s / 4 if arpeggio else 0.0
                _add(out, number * chord_s + late_s, timbre(_hz(root + step), chord_s - late_s, rng))
        return out

    return play


def _melody(timbre: _Timbre) -> Callable[..., Samples]:
    def play(rng: np.random.Generator, length_s: float) -> Samples:
        out, at_s, place = _empty(length_s), 0.0, 0
        scale = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)
        while at_s < length_s:
            note_s = float(rng.choice([0.25, 0.5, 0.5, 1.0]))
            place = int(np.clip(place + rng.integers(-2, 3), 0, len(scale) - 1))
            _add(out, at_s, timbre(_hz(scale[place]), note_s, rng))
            at_s += note_s
        return out

    return play


def _band(rng: np.random.Generator, length_s: float) -> Samples:
    chords = at_level(_chords(_piano, chord_s=2.0)(rng, length_s), -22)
    bass = _empty(length_s)
    for step in range(int(length_s / 0.5)):
        _add(bass, step * 0.5, _pluck(_hz((0, 7, 9, 5)[step // 4 % 4] - 24), 0.5, rng))
    return chords + at_level(bass, -22) + at_level(beats(rng, length_s, 120), -22)


MUSIC: Final[Mapping[str, Callable[[np.random.Generator, float], Samples]]] = {
    "piano": _chords(_piano, chord_s=2.0),
    "pad": _chords(_pad, chord_s=3.5),
    "guitar": _chords(_pluck, chord_s=1.6, arpeggio=True),
    "strings": _melody(_strings),
    "flute": _melody(lambda hz, length_s, rng: _strings(2 * hz, length_s, rng)),
    "band": _band,
    "drums": beats,
}
"""Styles of music: what makes some seconds of each."""


def _noise(fall: float) -> Callable[..., Samples]:
    def play(rng: np.random.Generator, length_s: float) -> Samples:
        spectrum = np.fft.rfft(rng.normal(0, 1, round(length_s * RATE_HZ)))
        spectrum[1:] /= np.arange(1, len(spectrum)) ** fall
        spectrum[0] = 0
        return np.fft.irfft(spectrum, round(length_s * RATE_HZ))

    return play


def _wind(rng: np.random.Generator, length_s: float) -> Samples:
    gusts = np.interp(_seconds(length_s), np.arange(0, length_s + 1), rng.uniform(0.2, 1, int(length_s) + 1))
    return _between(_noise(0.8)(rng, length_s), 60, 1200) * gusts


def _rain(rng: np.random.Generator, length_s: float) -> Samples:
    out = 0.02 * rng.normal(0, 1, round(length_s * RATE_HZ))
    for at_s in rng.uniform(0, length_s, int(60 * length_s)):
        _add(out, at_s, rng.uniform(0.1, 1) * _hit(rng, 0.01, 1000))
    return out


def _hum(rng: np.random.Generator, length_s: float) -> Samples:
    at = _seconds(length_s)
    return _sum([np.sin(2 * np.pi * 50 * number * at) / number for number in (1, 2, 3, 5, 7)])


def _tone(rng: np.random.Generator, length_s: float) -> Samples:
    return np.sin(2 * np.pi * 1000 * _seconds(length_s))


def _beeps(rng: np.random.Generator, length_s: float) -> Samples:
    at = _seconds(length_s)
    return np.sin(2 * np.pi * 2000 * at) * (at % 1.0 < 0.4)


def _sweep(rng: np.random.Generator, length_s: float) -> Samples:
    at = _seconds(length_s)
    return np.sin(2 * np.pi * (800 * at + 300 / (2 * np.pi * 0.3) * -np.cos(2 * np.pi * 0.3 * at)))


def _engine(rng: np.random.Generator, length_s: float) -> Samples:
    speed = np.interp(_seconds(length_s), np.arange(0, length_s + 1, 0.5), _wander(rng, int(2 * length_s) + 2))
    phase = 2 * np.pi * np.cumsum(40 * speed) / RATE_HZ
    firing = _sum([np.sin(number * phase) / number for number in range(1, 20)])
    return firing + 0.5 * _between(rng.normal(0, 1, len(phase)), 100, 3000)


def _wander(rng: np.random.Generator, count: int) -> Samples:
    return np.clip(1 + np.cumsum(rng.normal(0, 0.03, count)), 0.7, 1.5)[:count]


def _ticks(rng: np.random.Generator, length_s: float) -> Samples:
    out = 0.001 * rng.normal(0, 1, round(length_s * RATE_HZ))
    for at_s in np.arange(0.1, length_s, 1.0):
        _add(out, at_s, _hit(rng, 0.02, 2500))
    return out


def _steps(rng: np.random.Generator, length_s: float) -> Samples:
    out, at_s = 0.002 * rng.normal(0, 1, round(length_s * RATE_HZ)), 0.2
    while at_s < length_s:
        _add(out, at_s, rng.uniform(0.5, 1) * _between(_hit(rng, 0.08, 100), 100, 1800))
        at_s += rng.normal(0.55, 0.05)
    return out


def _applause(rng: np.random.Generator, length_s: float) -> Samples:
    out = _empty(length_s)
    for at_s in rng.uniform(0, length_s, int(150 * length_s)):
        _add(out, at_s, rng.uniform(0.2, 1) * _hit(rng, 0.015, 800))
    return out


def _birds(rng: np.random.Generator, length_s: float) -> Samples:
    out = 0.01 * rng.normal(0, 1, round(length_s * RATE_HZ))
    for at_s in rng.uniform(0, length_s, int(3 * length_s)):
        at = _seconds(rng.uniform(0.05, 0.2))
        phase = 2 * np.pi * (rng.uniform(2500, 5000) * at + rng.uniform(-6000, 6000) * at**2)
        _add(out, at_s, rng.uniform(0.2, 1) * np.sin(phase) * np.hanning(len(at)))
    return out


NO_MUSIC: Final[Mapping[str, Callable[[np.random.Generator, float], Samples]]] = {
    "white noise": _noise(0),
    "pink noise": _noise(0.5),
    "brown noise": _noise(1),
    "wind": _wind,
    "rain": _rain,
    "hum": _hum,
    "tone": _tone,
    "beeps": _beeps,
    "siren": _sweep,
    "engine": _engine,
    "ticks": _ticks,
    "steps": _steps,
    "applause": _applause,
    "birds": _birds,
}
"""Sounds that are neither music nor speech: what makes some seconds of each."""
