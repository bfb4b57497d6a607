"""What a sound is made of, half a second at a time: tones that hold their pitch, and where something sets in."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["CELL_S", "FRAMES_A_CELL", "Cells", "cells"]

_RATE_HZ: Final = 16_000
_WINDOW: Final = 2048
_HOP: Final = 512
FRAMES_A_CELL: Final = 16
CELL_S: Final = FRAMES_A_CELL * _HOP / _RATE_HZ
"""Seconds of a cell, 0.512."""

_BLOCK_FRAMES: Final = 62 * FRAMES_A_CELL  # 32 s
_TONE_BINS: Final = slice(13, 512)
"""100 Hz to 4 kHz: where tones are."""

_STEADY_FRAMES: Final = 10
"""Frames, 0.32 s, that a partial of a voice hardly ever stays where it is."""

_NEIGHBOURS: Final = 10
_ABOVE_NEIGHBOURS_DB: Final = 8.0
_BELOW_LOUDEST_DB: Final = 45.0
_FLOOR_DB: Final = -80.0
_RISE_DB: Final = 20.0  # more says nothing: out of silence, everything rises without end

_SEMITONES: Final = 48
_LOWEST_HZ: Final = 246.9  # below B3 a semitone is narrower than two bins

_Floats = npt.NDArray[Any]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Consecutive cells; the first index of everything is the cell.

    Attributes:
        level: RMS, 0..1 of full scale.
        tones: Mean number of partials that hold their pitch.
        profile: How long each semitone was held, of 48 from B3 on.
        tuning: How far these partials are from the semitones of a piano: unit vectors added up, once round the
            circle from one semitone to the next.
        onsets: How much sets in, for each frame of the cell, in the low and in the high of the spectrum, dB.
    """

    level: _Floats
    tones: _Floats
    profile: _Floats
    tuning: npt.NDArray[np.complex64]
    onsets: _Floats


def cells(audio: Path) -> Iterator[Cells]:
    """Yields the cells of a sound, half a minute of them at a time; what is too short for one has none.

    Args:
        audio: WAV, 16 kHz, mono, 16 bit.
    """
    before = _Before()
    with wave.open(str(audio), "rb") as sound:
        rest = np.zeros(0, np.float32)
        while data := sound.readframes(_BLOCK_FRAMES * _HOP):
            rest = np.concatenate([rest, np.frombuffer(data, "<i2") / np.float32(32768)])
            frames = (len(rest) - _WINDOW) // _HOP + 1 if len(rest) >= _WINDOW else 0
            frames -= frames % FRAMES_A_CELL
            if frames:
                yield _cells(
                    np.lib.stride_tricks.sliding_window_view(rest, _WINDOW)[: frames * _HOP : _HOP], before
                )
                rest = rest[frames * _HOP :]


class _Before:
    """The end of the block before, which the first frames of the next one continue."""

    def __init__(self) -> None:
        self.peaks = np.zeros((_STEADY_FRAMES, _TONE_BINS.stop - _TONE_BINS.start), bool)
        self.spectrum: _Floats | None = None


_SHAPE: Final = np.hanning(_WINDOW).astype(np.float32)
_BIN_HZ: Final = np.arange(_TONE_BINS.start, _TONE_BINS.stop) * _RATE_HZ / _WINDOW
_SEMITONE: Final = np.round(12 * np.log2(_BIN_HZ / _LOWEST_HZ)).astype(int)
_FIRST_BINS: Final = np.searchsorted(_SEMITONE, np.arange(_SEMITONES + 1))


def _cells(frames: _Floats, before: _Before) -> Cells:
    count = len(frames) // FRAMES_A_CELL
    power = np.abs(np.fft.rfft(frames * _SHAPE)) ** 2 / np.float32((_WINDOW / 4) ** 2)
    spectrum = 10 * np.log10(power + 1e-12, dtype=np.float32)
    peaks = _peaks(spectrum[:, _TONE_BINS])
    steady = peaks & _held(np.concatenate([before.peaks, peaks]))[_STEADY_FRAMES:]
    onsets = _onsets(spectrum if before.spectrum is None else np.concatenate([before.spectrum, spectrum]))
    if before.spectrum is None:
        onsets = np.concatenate([np.zeros((1, 2), np.float32), onsets])
    before.peaks, before.spectrum = peaks[-_STEADY_FRAMES:], spectrum[-1:]
    by_cell = steady.reshape(count, FRAMES_A_CELL, -1).sum(axis=1)
    middle = frames[:, (_WINDOW - _HOP) // 2 : (_WINDOW + _HOP) // 2].reshape(count, -1)
    return Cells(
        level=np.sqrt(np.mean(middle**2, axis=1)),
        tones=(by_cell.sum(axis=1) / FRAMES_A_CELL).astype(np.float32),
        profile=_profile(by_cell),
        tuning=_tuning(spectrum, steady).reshape(count, -1).sum(axis=1),
        onsets=onsets.reshape(count, FRAMES_A_CELL, 2),
    )


def _peaks(spectrum: _Floats) -> _Flags:
    """Tells which bins stand out from those around them."""
    width = 2 * _NEIGHBOURS + 1
    padded = np.pad(spectrum, ((0, 0), (_NEIGHBOURS + 1, _NEIGHBOURS)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    around = (sums[:, width:] - sums[:, :-width]) / width
    peaks: _Flags = spectrum > around + _ABOVE_NEIGHBOURS_DB
    peaks &= spectrum > np.maximum(spectrum.max(axis=1, keepdims=True) - _BELOW_LOUDEST_DB, _FLOOR_DB)
    peaks[:, 1:] &= spectrum[:, 1:] >= spectrum[:, :-1]
    peaks[:, :-1] &= spectrum[:, :-1] > spectrum[:, 1:]
    return peaks


def _held(peaks: _Flags) -> _Flags:
    """Tells which bins lie in runs of peaks that last, each at most a bin beside where it was found."""
    near = peaks.copy()
    near[:, 1:] |= peaks[:, :-1]
    near[:, :-1] |= peaks[:, 1:]
    runs = np.lib.stride_tricks.sliding_window_view(near, _STEADY_FRAMES, axis=0)
    lasting = np.asarray(runs.all(axis=-1))
    held = np.zeros_like(near)
    for offset in range(_STEADY_FRAMES):
        held[offset : offset + len(lasting)] |= lasting
    return held


def _onsets(spectrum: _Floats) -> _Floats:
    rises = np.clip(np.diff(np.maximum(spectrum, _FLOOR_DB), axis=0), 0, _RISE_DB)
    return np.stack([rises[:, 4:40].mean(axis=1), rises[:, 200:].mean(axis=1)], axis=1)


def _profile(held: npt.NDArray[Any]) -> _Floats:
    # Not a matrix product, which would be spread over threads, and take more CPU in all.
    profile: _Floats = np.add.reduceat(held, _FIRST_BINS, axis=1)[:, :-1].astype(np.float32)
    return profile


def _tuning(spectrum: _Floats, steady: _Flags) -> npt.NDArray[np.complex64]:
    """Returns, for each frame, the sum of where its steady partials are between two semitones."""
    frame, place = np.nonzero(steady)
    middle = place + _TONE_BINS.start
    left, top, right = (spectrum[frame, middle + step] for step in (-1, 0, 1))
    # The top of the parabola through three bins is where the partial is.
    beside = (left - right) / np.maximum(2 * (left - 2 * top + right), -1e9)
    semitones = 12 * np.log2((middle + np.clip(beside, -0.5, 0.5)) * _RATE_HZ / _WINDOW / 440)
    sums = np.zeros(len(spectrum), np.complex64)
    np.add.at(sums, frame, np.exp(2j * np.pi * semitones).astype(np.complex64))
    return sums
