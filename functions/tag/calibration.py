"""What a tagger's confidence is worth: the share of its tags of that confidence that turned out right.

A tagger's own number only orders its tags. ``calibration.json`` says, for a tagger and whoever found its evidence,
how often such tags were right when they were judged against cases with known answers; `make calibration` measures
it anew. Between two measured points it is a line, outside of them the nearest.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from shared.domain.records import Tag

__all__ = ["basis", "calibrated", "worth"]

_CURVES: Final = Path(__file__).with_name("calibration.json")

_Curve: TypeAlias = Sequence[tuple[float, float]]


def calibrated(tag: Tag) -> float:
    """Returns how often tags like this one are right, 0..1; what its tagger says, if nobody judged that one."""
    return worth(basis(tag), tag.confidence)


def worth(judged_by: str, said: float) -> float:
    """Returns the share of right tags among those of a basis that a tagger was so sure of."""
    curve = _curves().get(judged_by)
    return said if curve is None else _at(curve, said)


def basis(tag: Tag) -> str:
    """Returns what tags are judged together by: their tagger and those who found their evidence."""
    finders = sorted({item.producer for item in tag.evidence})
    return f"{tag.producer}: {' and '.join(finders)}"


def _at(curve: _Curve, said: float) -> float:
    after = bisect_right(curve, (said, 2.0))
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (from_said, from_right), (to_said, to_right) = curve[after - 1], curve[after]
    return from_right + (to_right - from_right) * (said - from_said) / (to_said - from_said)


@cache
def _curves() -> Mapping[str, _Curve]:
    read = json.loads(_CURVES.read_text(encoding="utf-8"))
    return {name: [(said, right) for said, right in points] for name, points in read["curves"].items()}
