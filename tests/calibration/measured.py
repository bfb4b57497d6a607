"""Tags that follow from measurements, of cases that were made so that the answers are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from functions.tag.calibration import basis
from functions.tag.strategies.signals import SignalsTagger
from functions.tag.strategies.stretches import StretchesTagger
from shared.processors.tagger import TaggingInput
from tests.calibration.judging import Judgement

__all__ = ["MeasuredCase", "judged_measured"]

_NO_PORTS: Final[Any] = SimpleNamespace()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCase:
    """A video, as far as taggers see it, and which labels it deserves.

    Attributes:
        name: What to call it.
        video: What was found in it.
        judged: Labels that the case knows the answer for; others are measurements put in words.
        labels: Those of them that are right.
    """

    name: str
    video: TaggingInput
    judged: frozenset[str]
    labels: frozenset[str]


def judged_measured(cases: Iterable[MeasuredCase]) -> Iterator[Judgement]:
    """Yields a judgement of each tag whose answer a case knows."""
    for case in cases:
        for tagger in (SignalsTagger(_NO_PORTS), StretchesTagger(_NO_PORTS)):
            for tag in tagger.tag(case.video):
                if tag.label in case.judged:
                    yield Judgement(
                        case=case.name,
                        basis=basis(tag),
                        label=tag.label,
                        said=round(tag.confidence, 4),
                        right=tag.label in case.labels,
                    )
