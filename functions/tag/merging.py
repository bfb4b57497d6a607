"""One tag a label and kind, out of what several taggers say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Final

from functions.tag.calibration import calibrated
from functions.tag.evidence import Witnesses
from shared.domain.corrections import tag_label
from shared.domain.plain_text import plain_text, visible_text
from shared.domain.records import Evidence, Tag
from shared.domain.tags import merged_spans

__all__ = ["merge"]

_MAX_EVIDENCE: Final = 10  # more adds bytes, not trust
_CERTAINTY: Final = 0.99  # nothing that was measured or read is beyond doubt
_HEARSAY: Final = 0.5  # what a model alone says; how often that is right, nobody can measure without the model


def merge(tags: Iterable[Tag], witnesses: Witnesses) -> tuple[Sequence[Tag], int]:
    """Returns one tag a label and kind, surest first, and how many were dropped for want of evidence.

    Labels are made plain text in small letters. Evidence is united, without repetitions; what the witnesses don't
    confirm is none. What a tagger says is first made a share of such tags that are right. Taggers confirm each
    other: the tag is wrong only if all of them are, so their doubts are multiplied. One tagger can't confirm
    itself, and what nothing but a model shows is worth no more than a half.

    Args:
        tags: From all taggers, in any order.
        witnesses: What knows what was found.
    """
    same: dict[tuple[str, str], list[Tag]] = defaultdict(list)
    dropped = 0
    for tag in tags:
        label = tag_label(tag.label)
        evidence = [shown for item in tag.evidence for shown in _confirmed(item, witnesses)]
        if label and evidence and 0.0 < tag.confidence <= 1.0:
            shown = replace(tag, label=label, evidence=tuple(evidence))
            same[label, tag.kind].append(replace(shown, confidence=calibrated(shown)))
        else:
            dropped += 1
    return sorted(map(_united, same.values()), key=lambda tag: (-tag.confidence, tag.label)), dropped


def _united(tags: Sequence[Tag]) -> Tag:
    by_tagger: dict[str, float] = defaultdict(float)
    for tag in tags:
        by_tagger[tag.producer] = max(by_tagger[tag.producer], tag.confidence)
    doubt = prod(1 - confidence for confidence in by_tagger.values())
    evidence = dict.fromkeys(item for tag in tags for item in tag.evidence)
    strongest = sorted(evidence, key=lambda item: (bool(item.prompt_version), -item.confidence))
    united = replace(
        max(tags, key=lambda tag: tag.confidence),
        evidence=tuple(strongest[:_MAX_EVIDENCE]),
        spans=merged_spans(evidence),
    )
    return replace(united, confidence=min(1 - doubt, _CERTAINTY if united.verified else _HEARSAY))


def _confirmed(evidence: Evidence, witnesses: Witnesses) -> Iterator[Evidence]:
    """Yields evidence that the witnesses confirm: words that were read as they stand there, others made plain."""
    was_read = evidence.modality == "text" and not evidence.prompt_version
    for form in (visible_text, plain_text) if was_read else (plain_text,):
        shown = replace(evidence, quote=form(evidence.quote)) if evidence.quote else evidence
        if witnesses.confirm(shown):
            yield shown
            return
