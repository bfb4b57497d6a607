"""What is wrong with the level of the sound and of its channels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from functions.analyze.runs import runs
from shared.domain.records import Finding
from shared.domain.sound_levels import ChannelLevels, SoundLevels
from shared.processors.analyzer import AnalysisInput, Analyzer

__all__ = ["LevelsAnalyzer"]

_SILENT_DBFS: Final = -60.0
_QUIET_LUFS: Final = -30.0  # 7 LU below the quietest norm there is, EBU R 128
_VERY_QUIET_LUFS: Final = -40.0

_FLAT_SHARE: Final = 5e-4  # of a window's samples: a few tops
_SQUARE_SHARE: Final = 0.5  # a wave that is flat most of the time was made so
_CLIPPING_GAP_S: Final = 2.0

_OFFSET: Final = 0.01  # of full scale: it clicks where it begins and ends
_OFFSET_S: Final = 5.0

_SOUNDING_DBFS: Final = -50.0
_DEAD_DBFS: Final = -60.0
_DEAD_BELOW_DB: Final = 35.0  # more than any mix leaves in a channel that it uses
_DEAD_S: Final = 5.0

_OPPOSITE: Final = -0.6
_OPPOSITE_S: Final = 3.0

_FLOOR_DBFS: Final = -100.0


class LevelsAnalyzer(Analyzer):
    """Finds sound that is too quiet, cut off, shifted, missing on one side, or opposite on both."""

    name: ClassVar[str] = "levels"
    version: ClassVar[str] = "1"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        for problem in _problems(video):
            start_s, end_s = problem.span_s
            yield Finding(
                name=problem.name,
                modality="sound",
                value=problem.value,
                start_s=start_s,
                end_s=min(end_s, video.media.duration_s),
                confidence=problem.confidence,
                producer=self.name,
                producer_version=self.version,
                reason=problem.reason,
            )


@dataclass(frozen=True, slots=True)
class _Problem:
    name: str
    value: str | float
    span_s: tuple[float, float]
    confidence: float
    reason: str


def _problems(video: AnalysisInput) -> Iterator[_Problem]:
    whole_s = (0.0, video.media.duration_s)
    if video.levels is not None:
        highest = max((max(channel.peak, default=0.0) for channel in video.levels.channels), default=0.0)
        if _dbfs(highest) < _SILENT_DBFS:
            reason = f"There is a sound track, but nothing to hear on it: its peak is {_dbfs(highest):.0f} dBFS."
            yield _Problem("sound_silent", _dbfs(highest), whole_s, 0.99, reason)
            return
    integrated = video.loudness.integrated_lufs if video.loudness is not None else None
    if integrated is not None and integrated <= _QUIET_LUFS:
        far = min((_QUIET_LUFS - integrated) / (_QUIET_LUFS - _VERY_QUIET_LUFS), 1.0)
        reason = f"The sound has {integrated:.1f} LUFS; broadcasters want -23 and streaming services about -14."
        yield _Problem("sound_too_quiet", integrated, whole_s, 0.7 + 0.25 * far, reason)
    if video.levels is not None:
        for problem in _problems_of_levels(video.levels):
            if problem.span_s[0] < video.media.duration_s:
                yield problem


def _problems_of_levels(levels: SoundLevels) -> Iterator[_Problem]:
    yield from _clipping(levels)
    for number, channel in enumerate(levels.channels):
        yield from _offset(channel, _side(number, levels), levels.window_s)
    if len(levels.channels) == 2:
        yield from _dead(levels)
        yield from _opposite(levels)


def _clipping(levels: SoundLevels) -> Iterator[_Problem]:
    """Yields where tops were cut off; after a lossy codec they are flat no more, and nothing can be told."""
    shares = np.max([channel.flat for channel in levels.channels], axis=0)
    clipped = (shares >= _FLAT_SHARE) & (shares < _SQUARE_SHARE)
    for first, end in runs(clipped, gap=round(_CLIPPING_GAP_S / levels.window_s), least=1):
        share = float(shares[first:end].max())
        reason = f"The tops of the wave are cut off: up to {share:.1%} of the samples lie on flat ones."
        yield _Problem("sound_clipping", round(share, 4), _seconds(first, end, levels), 0.9, reason)


def _offset(channel: ChannelLevels, side: str, window_s: float) -> Iterator[_Problem]:
    means, least = np.array(channel.mean), round(_OFFSET_S / window_s)
    for shifted in (means >= _OFFSET, means <= -_OFFSET):
        for first, end in runs(shifted, gap=0, least=min(least, len(means))):
            mean = float(means[first:end].mean())
            reason = f"{side} is shifted by {mean:+.1%} of full scale, which wastes level and clicks at cuts."
            yield _Problem("sound_dc_offset", round(mean, 4), (first * window_s, end * window_s), 0.95, reason)


def _dead(levels: SoundLevels) -> Iterator[_Problem]:
    both = [_levels_dbfs(channel.rms) for channel in levels.channels]
    least = min(round(_DEAD_S / levels.window_s), len(both[0]))
    for number, (own, other) in enumerate(((both[0], both[1]), (both[1], both[0]))):
        sounding = other >= _SOUNDING_DBFS
        dead = sounding & (own < _DEAD_DBFS) & (own < other - _DEAD_BELOW_DB)
        # Where neither sounds, nothing speaks against it.
        for first, end in runs(dead | ~sounding & (own < _DEAD_DBFS), gap=0, least=least):
            heard = dead[first:end]
            if heard.sum() < least / 2:
                continue
            quiet, loud = (float(values[first:end][heard].mean()) for values in (own, other))
            reason = f"{_side(number, levels)} has {quiet:.0f} dBFS while the other has {loud:.0f} dBFS."
            side = ("left", "right")[number]
            yield _Problem("sound_channel_silent", side, _seconds(first, end, levels), 0.95, reason)


def _opposite(levels: SoundLevels) -> Iterator[_Problem]:
    quieter = np.minimum(*(_levels_dbfs(channel.rms) for channel in levels.channels))
    correlation, sounding = np.array(levels.correlation), quieter >= _SOUNDING_DBFS
    opposite = sounding & (correlation <= _OPPOSITE)
    least = min(round(_OPPOSITE_S / levels.window_s), len(correlation))
    for first, end in runs(opposite | ~sounding, gap=0, least=least):
        heard = opposite[first:end]
        if heard.sum() < least:
            continue
        alike = float(correlation[first:end][heard].mean())
        reason = (
            f"Left and right are opposite (correlation {alike:.2f}) and cancel each other out on one loudspeaker."
        )
        yield _Problem("sound_out_of_phase", round(alike, 3), _seconds(first, end, levels), 0.9, reason)


def _side(number: int, levels: SoundLevels) -> str:
    return ("The left channel", "The right channel")[number] if len(levels.channels) == 2 else "The sound"


def _seconds(first: int, end: int, levels: SoundLevels) -> tuple[float, float]:
    return first * levels.window_s, end * levels.window_s


def _levels_dbfs(values: tuple[float, ...]) -> npt.NDArray[np.float64]:
    return 20 * np.log10(np.maximum(values, 10 ** (_FLOOR_DBFS / 20)))


def _dbfs(value: float) -> float:
    return max(20 * math.log10(value), _FLOOR_DBFS) if value > 0 else _FLOOR_DBFS
