"""How much a shot or scene matters: a weighted sum of signs, and what was measured in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from shared.domain.records import Rank, Segment, Sign

__all__ = ["WEIGHTS", "score_of", "with_ranks"]

WEIGHTS: Final[Mapping[str, float]] = {
    "speech": 0.25,
    "text": 0.2,
    "motion": 0.2,
    "novelty": 0.2,
    "loudness": 0.15,
}
"""Sign -> its part of the score. What is not known, such as the looks of a recording, counts for none."""

_NOTABLE: Final = 0.6
"""Value of a sign from which it is given as a reason."""


def score_of(signs: Sequence[Sign]) -> tuple[float, str]:
    """Returns the score, 0..1, that signs make together, and the reason: those that stand out, heaviest first.

    Args:
        signs: What is known of a segment, at least one; each name once.
    """
    total = sum(WEIGHTS[sign.name] for sign in signs)
    score = sum(WEIGHTS[sign.name] * sign.value for sign in signs) / total
    by_part = sorted(signs, key=lambda sign: -WEIGHTS[sign.name] * sign.value)
    notable = [sign.words for sign in by_part if sign.value >= _NOTABLE]
    return round(score, 3), ", ".join(notable) or f"nothing stands out: {by_part[0].words}"


def with_ranks(segments: Iterable[Segment], ranks: Iterable[Rank]) -> list[Segment]:
    """Returns segments with the scores of their ranks; those that have none keep what they have.

    Args:
        segments: In any order.
        ranks: Of some of them.
    """
    by_place = {(rank.kind, rank.index): rank for rank in ranks}
    ranked = []
    for segment in segments:
        rank = by_place.get((segment.kind, segment.index))
        if rank is None:
            ranked.append(segment)
        else:
            ranked.append(replace(segment, score=rank.score, reason=rank.reason, signs=rank.signs))
    return ranked
