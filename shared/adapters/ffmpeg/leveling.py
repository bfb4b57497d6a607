"""How a track's level is to be changed, from how loud it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.encoding import MOST_GAIN_DB, SoundPlan
from shared.domain.media import Loudness

__all__ = ["Level", "Try", "best_try", "corrected_level", "first_level"]

_MOST_LIMITED_DB = 15.0
"""How far peaks are held down at most: beyond it, everything between them is heard to breathe with them."""

_MOST_CORRECTIONS = 7
_TOWARDS_LOUDNESS = 5
"""How many of the corrections, the first ones, make anything louder; the others only lower what has peaks."""

# What is limited gets louder by a third to all of what is added: with this, either way less is missing each time.
_MORE_WHERE_LIMITED = 1.5
_LOUDNESS_NEAR_LU = 0.3
_PEAK_NEAR_DB = 0.1
# AAC's own peaks come and go by chance: what was too little once is followed by more each time.
_MORE_EACH_TIME_DB = 0.4
_LOWEST_CEILING_DB = -24.0  # the limiter takes none below


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A change of level.

    Attributes:
        gain_db: What everything is changed by.
        ceiling_db: What peaks are then held down to; None where none comes near.
    """

    gain_db: float
    ceiling_db: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What a change of level led to.

    Attributes:
        level: The change.
        result: How loud the track was with it.
    """

    level: Level
    result: Loudness


def first_level(source: Loudness, plan: SoundPlan) -> Level | None:
    """Returns the change that a source needs by what it measures; None leaves it as it is, silence above all."""
    if plan.loudness_lufs is None or source.integrated_lufs is None or source.true_peak_dbtp is None:
        return None
    return _within(plan.loudness_lufs - source.integrated_lufs, plan.true_peak_dbtp, source.true_peak_dbtp, plan)


def corrected_level(
    level: Level, source: Loudness, result: Loudness, plan: SoundPlan, attempt: int
) -> Level | None:
    """Returns a better change, by what the one before led to; None when that is near enough, or can't be bettered.

    Limiting takes loudness, and AAC adds peaks of its own: 3 dB to limited noise at 128 kbit/s.

    Args:
        level: The change before.
        source: The source.
        result: What came out.
        plan: What should.
        attempt: How many corrections there were; from the fifth on peaks count, and loudness no more.
    """
    if plan.loudness_lufs is None or result.integrated_lufs is None or result.true_peak_dbtp is None:
        return None
    missing, above = plan.loudness_lufs - result.integrated_lufs, result.true_peak_dbtp - plan.true_peak_dbtp
    above = above + _PEAK_NEAR_DB + attempt * _MORE_EACH_TIME_DB if above > _PEAK_NEAR_DB else 0.0
    only_lower = attempt >= _TOWARDS_LOUDNESS
    near = not above and (only_lower or abs(missing) <= _LOUDNESS_NEAR_LU)
    if near or attempt >= _MOST_CORRECTIONS:
        return None
    ceiling = plan.true_peak_dbtp if level.ceiling_db is None else level.ceiling_db
    ceiling = max(ceiling - above, _LOWEST_CEILING_DB)
    if only_lower:
        return Level(gain_db=level.gain_db - above, ceiling_db=None if level.ceiling_db is None else ceiling)
    more = missing if level.ceiling_db is None else missing * _MORE_WHERE_LIMITED
    better = _within(level.gain_db + more, ceiling, source.true_peak_dbtp or 0.0, plan)
    return None if better == level else better


def best_try(tries: Sequence[Try], plan: SoundPlan) -> Try:
    """Returns the one that is nearest to the target of those whose peaks are low enough; of none, the last.

    The last is not always the best: what is made louder may lift pauses over the level from which on they are
    measured too, and is then measured as quieter.
    """
    target_lufs, last = plan.loudness_lufs, tries[-1]
    off_lu = {
        number: abs(target_lufs - one.result.integrated_lufs)
        for number, one in enumerate(tries)
        if target_lufs is not None
        and one.result.integrated_lufs is not None
        and one.result.true_peak_dbtp is not None
        and one.result.true_peak_dbtp <= plan.true_peak_dbtp + _PEAK_NEAR_DB
    }
    return tries[min(off_lu, key=off_lu.__getitem__)] if off_lu else last


def _within(gain_db: float, ceiling_db: float, source_peak_dbtp: float, plan: SoundPlan) -> Level:
    most_db = min(MOST_GAIN_DB, plan.true_peak_dbtp + _MOST_LIMITED_DB - source_peak_dbtp)
    gain_db = min(gain_db, most_db)
    return Level(gain_db=gain_db, ceiling_db=ceiling_db if source_peak_dbtp + gain_db > ceiling_db else None)
