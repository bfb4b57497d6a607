"""How much a shot or scene matters by what is seen and heard, with the figures it follows from."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from functions.segment.picture_samples import FLASH_S, PictureSamples, likeness_of_colors, usual_colors
from shared.domain.ranking import score_of
from shared.domain.records import Segment, Sign

__all__ = ["LEVEL_INTERVAL_S", "rank"]

LEVEL_INTERVAL_S = 0.1
"""Seconds between the sound levels that rank() takes."""

_LOWEST_DBFS = -90.0
_HARDLY_HEARD = 0.001  # of full scale: -60 dBFS
_HARDLY_MOVES = 2.0  # change a second; coding makes as much of a slide
_LOUDER_DB = 1.0  # less is not heard from one shot to another
_MOVES_MORE = 1.25  # times as much change; less depends on what is filmed

_Signs: TypeAlias = Mapping[str, Sequence[Sign]]
"""Name -> the sign of each segment."""


def rank(
    segments: Sequence[Segment],
    others: Sequence[Segment],
    pictures: PictureSamples | None,
    levels: npt.NDArray[np.float32],
) -> list[Segment]:
    """Returns segments of one kind with their signs, their score and the reason for it.

    Motion and loudness are measured against the same video's other segments, so that a quiet film has its
    highlights too, and what nobody would notice counts as equal. Black segments score 0, and so do flashes.

    Args:
        segments: All of one kind.
        others: Segments of other kinds; speech counts.
        pictures: Samples of the whole video; None for sound alone, where the other signs count for more.
        levels: RMS of each tenth of a second; empty without sound.
    """
    if not segments:
        return []
    signs: _Signs = {
        **_heard(segments, others, levels),
        **(_seen(segments, pictures) if pictures is not None else {}),
    }
    ranked = []
    for position, segment in enumerate(segments):
        if pictures is not None and (reason := _unseen(segment, pictures)):
            ranked.append(replace(segment, score=0.0, reason=reason))
            continue
        own = tuple(of_all[position] for of_all in signs.values())
        score, reason = score_of(own)
        ranked.append(replace(segment, score=score, reason=reason, signs=own))
    return ranked


def _unseen(segment: Segment, pictures: PictureSamples) -> str:
    """Returns why nothing can be seen in a segment; empty if something can."""
    if segment.end_s - segment.start_s < FLASH_S:
        return "too short to be seen"
    samples = pictures.between(segment.start_s, segment.end_s)
    return "black" if all(sample.shows_nothing for sample in samples) else ""


def _heard(segments: Sequence[Segment], others: Sequence[Segment], levels: npt.NDArray[np.float32]) -> _Signs:
    speech = [segment for segment in others if segment.kind == "speech"]
    starts_s = [span.start_s for span in speech]
    loud, spoken = [], []
    for segment in segments:
        first, end = (round(time_s / LEVEL_INTERVAL_S) for time_s in (segment.start_s, segment.end_s))
        heard = levels[first:end]
        loud.append(float(np.sqrt(np.mean(heard**2))) if heard.size else 0.0)
        spoken.append(_share(segment, speech, starts_s))
    shares = [Sign(name="speech", value=share, words=f"people speak {share:.0%} of the time") for share in spoken]
    louder = [
        _compared("loudness", value, level > _HARDLY_HEARD, ("louder", "some sound", "hardly any sound"))
        for value, level in zip(_standing(list(map(_dbfs, loud)), _LOUDER_DB), loud, strict=True)
    ]
    told = (f"{sign.words} ({_dbfs(level):.0f} dBFS)" for sign, level in zip(louder, loud, strict=True))
    return {
        "speech": shares,
        "loudness": [replace(sign, words=words) for sign, words in zip(louder, told, strict=True)],
    }


def _seen(segments: Sequence[Segment], pictures: PictureSamples) -> _Signs:
    looks, motion = [], []
    for segment in segments:
        samples = pictures.between(segment.start_s, segment.end_s)
        looks.append(usual_colors(samples))
        motion.append(median(sample.change for sample in samples))  # numpy's own loads masked arrays first
    lengths = np.array([segment.end_s - segment.start_s for segment in segments])
    usual = np.average(looks, axis=0, weights=lengths).astype(np.float16)
    moves = [math.log(max(change, _HARDLY_MOVES)) for change in motion]
    unlike = [min(max(1 - likeness_of_colors(look, usual), 0.0), 1.0) for look in looks]
    return {
        "motion": [
            _compared("motion", value, change > _HARDLY_MOVES, ("moves more", "some motion", "hardly any motion"))
            for value, change in zip(_standing(moves, math.log(_MOVES_MORE)), motion, strict=True)
        ],
        "novelty": [
            Sign(name="novelty", value=value, words=f"{value:.0%} of its colours are not those of the whole")
            for value in unlike
        ],
    }


def _share(segment: Segment, spans: Sequence[Segment], starts_s: Sequence[float]) -> float:
    # Spans of a kind follow each other, so that of those that began before only the last can reach into it.
    near = spans[max(bisect_right(starts_s, segment.start_s) - 1, 0) : bisect_left(starts_s, segment.end_s)]
    covered = sum(max(min(segment.end_s, s.end_s) - max(segment.start_s, s.start_s), 0.0) for s in near)
    return min(covered / (segment.end_s - segment.start_s), 1.0)


def _compared(name: str, value: float | None, counts: bool, words: tuple[str, str, str]) -> Sign:
    """Returns a sign that is measured against the others.

    Args:
        name: The sign's name.
        value: The part of the others that it exceeds; None where they are all alike, or there are none.
        counts: Whether there is enough of it to be compared.
        words: How to say that there is more of it, that there is some, and that there is next to none.
    """
    more, some, none = words
    if not counts:
        return Sign(name=name, value=0.0, words=none)
    if value is None:
        return Sign(name=name, value=0.5, words=some)
    return Sign(name=name, value=value, words=f"{more} than {value:.0%} of the others")


def _standing(values: Sequence[float], least: float) -> list[float | None]:
    """Returns the part of the others that each value exceeds; None where all are alike, or there is one.

    Args:
        values: One of each segment.
        least: By how much a value must exceed another to count as more.
    """
    if np.ptp(values) <= least:
        return [None] * len(values)
    lower = np.searchsorted(np.sort(values), np.subtract(values, least))
    below: list[float | None] = (lower / (len(values) - 1)).tolist()
    return below


def _dbfs(level: float) -> float:
    return 20 * math.log10(level) if level > 10 ** (_LOWEST_DBFS / 20) else _LOWEST_DBFS
