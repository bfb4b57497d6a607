"""How much a sound is like music.

Speech glides, noise has no tones, and what hums, beeps or ticks never changes. Music holds several tones, which
lie on the steps of one scale and change after a while, or it keeps a beat in which unlike sounds take turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from functions.segment.tones import FRAMES_A_CELL, Cells

__all__ = ["likeness", "spans_of_music"]

_Floats = npt.NDArray[Any]

_NEAR: Final = 3
"""Cells on either side, 1.5 s, with which the tones of one are counted: they may pause for a breath."""

_AROUND: Final = 8
"""Cells on either side, 4 s, within which music changes its notes or keeps a beat."""

_AUDIBLE: Final = 10 ** (-55 / 20)

# Each a value that says nothing yet, and one that leaves no doubt. Speech holds 2 tones at most and is in tune by
# 0.4, seldom by 0.6; an engine holds 9 and is in tune by 0.3.
_MANY_TONES: Final = (2.0, 4.5)
_IN_TUNE: Final = (0.3, 0.5)
_ANY_TONE: Final = (0.4, 0.8)
_EXACTLY_IN_TUNE: Final = (0.62, 0.7)
_SURE_OF_MELODY: Final = 0.8
_CHANGING: Final = (0.05, 0.12)
_FEWEST_NOTED: Final = 4  # cells around with notes, to say whether these change

_BEAT: Final = (0.42, 0.58)
_ALIKE: Final = (0.8, 0.65)  # strokes that are all of one sound are a clock's, or steps
_SURE_OF_BEAT: Final = 0.7  # machines keep one, too
_LEAST_ONSETS_DB: Final = 0.8
_LAGS: Final = slice(6, 48)  # frames, 0.2 to 1.5 s
_CHUNK: Final = 512  # cells at a time

_MUSIC: Final = 0.5
_NO_MUSIC: Final = 0.35
_BRIDGED: Final = 4  # cells


def likeness(blocks: Sequence[Cells]) -> _Floats:
    """Returns how much each cell is like music, 0..1.

    Args:
        blocks: The whole sound.
    """
    if not blocks:
        return np.zeros(0)
    tones = _mean_around(np.concatenate([block.tones for block in blocks]), _NEAR)
    tuning = _in_tune(blocks)
    chords = _grade(tones, _MANY_TONES) * _grade(tuning, _IN_TUNE)
    melody = _SURE_OF_MELODY * _grade(tones, _ANY_TONE) * _grade(tuning, _EXACTLY_IN_TUNE)
    held = np.maximum(chords, melody) * _grade(
        _variety(np.concatenate([block.profile for block in blocks])), _CHANGING
    )
    beat = _SURE_OF_BEAT * _beat(np.concatenate([block.onsets for block in blocks]))
    audible = np.concatenate([block.level for block in blocks]) >= _AUDIBLE
    like: _Floats = np.maximum(held, beat) * audible
    return like


def spans_of_music(like: _Floats) -> Iterator[tuple[int, int, float]]:
    """Yields first cell, end and mean likeness of each stretch that is like music on the whole.

    It begins where a cell is much like music and goes on to where cells hardly are, so that a value between
    changes nothing; a short break is bridged.
    """
    start: int | None = None
    end = 0
    for position, value in enumerate([*like.tolist(), *[0.0] * (_BRIDGED + 1)]):
        if value >= (_MUSIC if start is None else _NO_MUSIC):
            start, end = position if start is None else start, position + 1
        elif start is not None and position - end >= _BRIDGED:
            confidence = float(like[start:end].mean())
            if confidence >= _MUSIC:
                yield start, end, confidence
            start = None


def _grade(values: _Floats, between: tuple[float, float]) -> _Floats:
    nothing, sure = between
    return np.clip((values - nothing) / (sure - nothing), 0, 1)


def _total_around(values: _Floats, reach: int) -> _Floats:
    edge = ((reach, reach), *((0, 0),) * (values.ndim - 1))
    total: _Floats = np.lib.stride_tricks.sliding_window_view(np.pad(values, edge), 2 * reach + 1, axis=0).sum(
        axis=-1
    )
    return total


def _mean_around(values: _Floats, reach: int) -> _Floats:
    return _total_around(values, reach) / _total_around(np.ones(len(values)), reach)


def _in_tune(blocks: Sequence[Cells]) -> _Floats:
    """Returns how much the tones around each cell lie on one scale: 1 if all are whole semitones apart."""
    sums = np.abs(_total_around(np.concatenate([block.tuning for block in blocks]), _AROUND))
    count = _total_around(np.concatenate([block.tones for block in blocks]), _AROUND) * FRAMES_A_CELL
    tuned: _Floats = sums / np.maximum(count, 1)
    return tuned


def _variety(profile: _Floats) -> _Floats:
    """Returns what any two cells around each do not have in common, on the average: 0 for one tone that stays."""
    lengths = np.linalg.norm(profile, axis=1, keepdims=True)
    alike = np.linalg.norm(_total_around(profile / np.maximum(lengths, 1), _AROUND), axis=1)
    noted = _total_around((lengths[:, 0] > 0).astype(float), _AROUND)
    return np.where(noted >= _FEWEST_NOTED, 1 - (alike / np.maximum(noted, 1)) ** 2, 0)


def _beat(onsets: _Floats) -> _Floats:
    """Returns how surely what sets in around each cell keeps a beat of more than one sound, 0..1."""
    width = min(2 * _AROUND + 1, len(onsets))
    frames = onsets.reshape(-1, 2)
    around = np.lib.stride_tricks.sliding_window_view(frames, width * FRAMES_A_CELL, axis=0)[::FRAMES_A_CELL]
    beats = np.concatenate([_beat_of(around[first : first + _CHUNK]) for first in range(0, len(around), _CHUNK)])
    # At either end, the first and the last that are whole hold.
    return beats[np.clip(np.arange(len(onsets)) - width // 2, 0, len(beats) - 1)]


def _beat_of(onsets: _Floats) -> _Floats:
    means = onsets.mean(axis=-1)
    swing = onsets - means[..., np.newaxis]
    powers = np.abs(np.fft.rfft(swing, 2 * onsets.shape[-1])) ** 2
    repeated = np.fft.irfft(powers)
    energy = np.maximum(repeated[..., 0], 1e-9)
    regular = np.where(means >= _LEAST_ONSETS_DB, repeated[..., _LAGS].max(axis=-1) / energy, 0).max(axis=-1)
    alike = (swing[:, 0] * swing[:, 1]).sum(axis=-1) / np.sqrt(energy[:, 0] * energy[:, 1])
    return _grade(regular, _BEAT) * _grade(alike, _ALIKE)
