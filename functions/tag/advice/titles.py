"""What to call a video."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from functions.tag.advice.headings import can_be_read, headings
from functions.tag.advice.known import SURE, Known, clock, distinct, number_word, shortened, written
from functions.tag.advice.nameless import names_nothing
from functions.tag.legible_text import TITLE_HEIGHT, height
from shared.domain.records import Recommendation

__all__ = ["titles"]

_OPENING_SHARE: Final = 0.25
_OPENING_S: Final = 60.0
_MOST_TOPICS: Final = 3


def titles(known: Known) -> Iterator[Recommendation]:
    """Yields names for the whole: models' first, then the title that it shows, then what it is about."""
    for told in known.named("suggested_title"):
        if not names_nothing(str(told.value), known.name):
            yield Recommendation(
                kind="title",
                value=shortened(str(told.value)),
                reason=f"suggested by {told.producer}, which has watched all of it",
                score=told.confidence,
            )
    opening_s = min(_OPENING_SHARE * known.media.duration_s, _OPENING_S)
    shown = [line for line in headings(known.findings, known.name) if height(line) >= TITLE_HEIGHT]
    opening = [line for line in shown if line.start_s <= opening_s]
    lasting = (line for line in opening if can_be_read(line, 0.0, known.media.duration_s))
    first = next(chain(lasting, opening), None)
    if first is not None:
        size = f"{height(first):.0%} of the picture's height"
        yield Recommendation(
            kind="title",
            value=shortened(str(first.value)),
            reason=f"the largest text to be read near the beginning: at {clock(first.start_s)}, {size}",
            score=0.6,
            start_s=first.start_s,
        )
    topics = [tag for tag in known.subjects(SURE) if tag.kind == "topic"]
    if first is None and topics:
        called = {tag.label: written(tag) for tag in reversed(topics)}
        labels = distinct(tag.label for tag in topics)[:_MOST_TOPICS]
        listed = ", ".join(called[label] for label in labels)
        which = f"{number_word(len(labels))} topics that were" if len(labels) > 1 else "topic that was"
        yield Recommendation(
            kind="title",
            value=shortened(listed[:1].upper() + listed[1:]),
            reason=f"the {which} read or heard most surely",
            score=0.4,
        )
