"""How much a shot or scene matters, with the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from functions.segment.picture_samples import PictureSamples, likeness_of_colors, usual_colors
from shared.domain.records import Segment

__all__ = ["LEVEL_INTERVAL_S", "rank"]

LEVEL_INTERVAL_S = 0.1
"""Seconds between the sound levels that rank() takes."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something that makes a segment matter: its weight in the score, and how it is put in words."""

    name: str
    weight: float
    words: str


_SIGNS = (
    _Sign("speech", 0.3, "people speak"),
    _Sign("motion", 0.2, "much moves"),
    _Sign("novelty", 0.2, "looks unlike the rest"),
    _Sign("loudness", 0.15, "loud"),
    _Sign("length", 0.15, "long"),
)

_NOTABLE = 0.6
"""Value of a sign from which it is given as a reason."""


def rank(
    segments: Sequence[Segment],
    others: Sequence[Segment],
    pictures: PictureSamples | None,
    levels: npt.NDArray[np.float32],
) -> list[Segment]:
    """Returns segments of one kind with their score and the reason for it.

    Each sign but speech is measured against the same video's other segments, so that a quiet film has its
    highlights too. Black segments score 0.

    Args:
        segments: All of one kind.
        others: Segments of other kinds; speech counts.
        pictures: Samples of the whole video; None for sound alone, where the other signs count for more.
        levels: RMS of each tenth of a second; empty without sound.
    """
    measures = _heard(segments, others, levels)
    if pictures is not None:
        measures |= _seen(segments, pictures)
    signs = [sign for sign in _SIGNS if sign.name in measures]
    standing = {name: values if name == "speech" else _standing(values) for name, values in measures.items()}
    ranked = []
    for position, segment in enumerate(segments):
        if pictures is not None and _shows_nothing(segment, pictures):
            ranked.append(replace(segment, score=0.0, reason="black"))
            continue
        parts = {sign: float(standing[sign.name][position]) for sign in signs}
        score = sum(sign.weight * part for sign, part in parts.items()) / sum(sign.weight for sign in signs)
        ranked.append(replace(segment, score=round(score, 3), reason=_reason(parts)))
    return ranked


def _shows_nothing(segment: Segment, pictures: PictureSamples) -> bool:
    return all(sample.shows_nothing for sample in pictures.between(segment.start_s, segment.end_s))


def _heard(
    segments: Sequence[Segment], others: Sequence[Segment], levels: npt.NDArray[np.float32]
) -> dict[str, npt.NDArray[np.float64]]:
    speech = [segment for segment in others if segment.kind == "speech"]
    loud, spoken = [], []
    for segment in segments:
        first, end = (round(time_s / LEVEL_INTERVAL_S) for time_s in (segment.start_s, segment.end_s))
        heard = levels[first:end]
        loud.append(float(np.sqrt(np.mean(heard**2))) if heard.size else 0.0)
        spoken.append(_share(segment, speech))
    return {"speech": np.array(spoken), "loudness": np.array(loud), "length": _lengths(segments)}


def _seen(segments: Sequence[Segment], pictures: PictureSamples) -> dict[str, npt.NDArray[np.float64]]:
    looks, motion = [], []
    for segment in segments:
        samples = pictures.between(segment.start_s, segment.end_s)
        looks.append(usual_colors(samples))
        motion.append(np.median([sample.change for sample in samples]))
    usual = np.average(looks, axis=0, weights=_lengths(segments)).astype(np.float16)
    return {
        "motion": np.array(motion),
        "novelty": np.array([1 - likeness_of_colors(look, usual) for look in looks]),
    }


def _lengths(segments: Sequence[Segment]) -> npt.NDArray[np.float64]:
    return np.array([segment.end_s - segment.start_s for segment in segments])


def _share(segment: Segment, spans: Sequence[Segment]) -> float:
    covered = sum(max(min(segment.end_s, s.end_s) - max(segment.start_s, s.start_s), 0.0) for s in spans)
    return covered / (segment.end_s - segment.start_s)


def _standing(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns the part of the values that is smaller than each, 0 for the least and 1 for the greatest."""
    if len(values) == 1 or np.ptp(values) == 0:
        return np.full(len(values), 0.5)
    return np.searchsorted(np.sort(values), values) / (len(values) - 1)


def _reason(parts: dict[_Sign, float]) -> str:
    notable = [sign for sign, part in parts.items() if part >= _NOTABLE]
    if not notable:
        return "nothing stands out"
    return ", ".join(sign.words for sign in sorted(notable, key=lambda s: -s.weight * parts[s]))
