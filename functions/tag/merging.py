"""One tag a label and kind, out of what several taggers say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod
from typing import Final

from shared.domain.corrections import tag_label
from shared.domain.plain_text import plain_text
from shared.domain.records import Evidence, Tag

__all__ = ["merge"]

_MAX_EVIDENCE: Final = 10  # more adds bytes, not trust
_CERTAINTY: Final = 0.99  # nothing that was measured or read is beyond doubt


def merge(tags: Iterable[Tag], duration_s: float) -> tuple[Sequence[Tag], int]:
    """Returns one tag a label and kind, surest first, and how many were dropped for want of evidence.

    Labels are made plain text in small letters. Evidence is united, without repetitions, strongest first; what
    shows nothing, or lies outside of the video, is none. Taggers confirm each other: the tag is wrong only if all
    of them are, so their doubts are multiplied. One tagger can't confirm itself.

    Args:
        tags: From all taggers, in any order.
        duration_s: The video's length in seconds.
    """
    same: dict[tuple[str, str], list[Tag]] = defaultdict(list)
    dropped = 0
    for tag in tags:
        label = tag_label(tag.label)
        evidence = [_plain(item) for item in tag.evidence if _holds(item, duration_s)]
        if label and evidence and 0.0 < tag.confidence <= 1.0:
            same[label, tag.kind].append(replace(tag, label=label, evidence=tuple(evidence)))
        else:
            dropped += 1
    return sorted(map(_united, same.values()), key=lambda tag: (-tag.confidence, tag.label)), dropped


def _united(tags: Sequence[Tag]) -> Tag:
    by_tagger: dict[str, float] = defaultdict(float)
    for tag in tags:
        by_tagger[tag.producer] = max(by_tagger[tag.producer], tag.confidence)
    doubt = prod(1 - confidence for confidence in by_tagger.values())
    evidence = dict.fromkeys(item for tag in tags for item in tag.evidence)
    strongest = sorted(evidence, key=lambda item: -item.confidence)
    surest = max(tags, key=lambda tag: tag.confidence)
    return replace(surest, confidence=min(1 - doubt, _CERTAINTY), evidence=tuple(strongest[:_MAX_EVIDENCE]))


def _holds(evidence: Evidence, duration_s: float) -> bool:
    inside = 0.0 <= evidence.start_s < evidence.end_s <= duration_s
    return inside and 0.0 <= evidence.confidence <= 1.0 and bool(evidence.quote or evidence.frame)


def _plain(evidence: Evidence) -> Evidence:
    return replace(evidence, quote=plain_text(evidence.quote)) if evidence.quote else evidence
