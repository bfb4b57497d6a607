"""From judgements to what a confidence is worth, and how well the two agree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.calibration.judging import Judgement

__all__ = ["Bin", "curves_of", "fitted", "reliability"]

_EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
_MIN_TAGS: Final = 12  # fewer say little about how often such tags are right


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Tags of about the same confidence: how many, what was said of them on the mean, what share is right."""

    basis: str
    tags: int
    said: float
    right: float


def curves_of(judgements: Iterable[Judgement]) -> str:
    """Returns ``calibration.json`` as it follows from judgements."""
    measured = (
        "tests/calibration: rendered pictures, read by RapidOCR, short texts, drawn videos and sounds, damaged "
        "more and less; half of the judgements"
    )
    return json.dumps({"measured": measured, "curves": fitted(judgements)}, indent=1) + "\n"


def fitted(judgements: Iterable[Judgement]) -> Mapping[str, list[list[float]]]:
    """Returns, for each basis, confidences and the share of right tags there, which never falls.

    Neighbours that would fall are pooled (pool adjacent violators). Two tags, one of them right, are added to each
    pool, so that few tags claim little.
    """
    by_basis: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_basis.setdefault(judgement.basis, []).append(judgement)
    return {name: _curve(found) for name, found in sorted(by_basis.items()) if len(found) >= _MIN_TAGS}


def _curve(judgements: Sequence[Judgement]) -> list[list[float]]:
    ordered = sorted(judgements, key=lambda one: one.said)
    pools: list[list[Judgement]] = []
    for start in range(0, len(ordered), _MIN_TAGS):
        pools.append(ordered[start : start + _MIN_TAGS])
        if len(pools) > 1 and len(pools[-1]) < _MIN_TAGS:
            pools[-2:] = [pools[-2] + pools[-1]]
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    points = [[_mean(pool), (sum(one.right for one in pool) + 1) / (len(pool) + 2)] for pool in pools]
    return [[round(said, 4), round(right, 4)] for said, right in points]


def reliability(said: Iterable[tuple[str, float, bool]]) -> list[Bin]:
    """Returns the bins of a reliability table.

    Args:
        said: Basis, confidence, and whether the tag is right.
    """
    bins: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for name, confidence, right in said:
        number = max(index for index, edge in enumerate(_EDGES) if confidence >= edge)
        bins.setdefault((name, number), []).append((confidence, right))
    return [
        Bin(
            basis=name,
            tags=len(found),
            said=sum(confidence for confidence, _ in found) / len(found),
            right=sum(right for _, right in found) / len(found),
        )
        for (name, _), found in sorted(bins.items())
    ]


def _share(pool: Sequence[Judgement]) -> float:
    return sum(one.right for one in pool) / len(pool)


def _mean(pool: Sequence[Judgement]) -> float:
    return sum(one.said for one in pool) / len(pool)
