"""What to publish a video under."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from functions.tag.advice.known import SUBJECTS, SURE, Known, clock
from functions.tag.advice.nameless import names_nothing
from shared.domain.corrections import PERSON
from shared.domain.records import Recommendation, Tag

__all__ = ["hashtags"]

_MOST: Final = 8
_MAX_CHARS: Final = 30
_UNSEEN: Final = dict.fromkeys((0xFE0E, 0xFE0F))  # marks, too, that make a sign a picture or not
_KEPT: Final = frozenset("LMN")  # letters, marks, numbers
_NEXT_THING: Final = re.compile(r"\s*(?:[,&/(]|\band\b).*")
_DIVISIONS: Final = frozenset({"type", "types", "genres", "styles", "locations", "industries"})
_KINDS: Final = SUBJECTS | {"category"}


def hashtags(known: Known) -> Iterator[Recommendation]:
    """Yields hashtags of what the video is about, surest first; of those only that something but a model shows."""
    used: set[str] = set()
    for tag in sorted(known.tags, key=lambda tag: -tag.confidence):
        value = _hashtag(tag)
        if tag.kind not in _KINDS or not tag.verified or tag.confidence < SURE or not value or value in used:
            continue
        used.add(value)
        first = tag.evidence[0]
        yield Recommendation(
            kind="hashtag",
            value=value,
            reason=_reason(tag),
            score=tag.confidence,
            start_s=first.start_s,
        )
        if len(used) == _MOST:
            return


def _reason(tag: Tag) -> str:
    """Returns which tag it is, and what shows that."""
    first = tag.evidence[0]
    if first.producer == PERSON:
        return f"{tag.kind} “{tag.label}”, {first.quote}"
    shown = f"“{first.quote}”" if first.quote else "seen"
    return f"{tag.kind} “{tag.label}”: {shown} at {clock(first.start_s)}"


def _as_called(category: str) -> str:
    """Returns a category as people call it: the first thing that its most specific part names.

    A part such as "travel type" only says how its area is divided: that is called as the area.
    """
    area, _, part = category.partition(" / ")
    divides = part.rpartition(" ")[2] in _DIVISIONS
    return _NEXT_THING.split(area if divides or not part else part)[0]


def _hashtag(tag: Tag) -> str:
    """Returns a label without what ends a hashtag; empty for one that would be none."""
    label = _as_called(tag.label) if tag.kind == "category" else tag.label
    composed = unicodedata.normalize("NFC", label.replace("&", " and ").translate(_UNSEEN))
    # Vowel signs and accents are marks in many scripts: a word without them is none, or another one.
    letters = "".join(char for char in composed if unicodedata.category(char)[0] in _KEPT)
    if names_nothing(label) or letters.isdigit() or not 2 <= len(letters) <= _MAX_CHARS:
        return ""
    return f"#{letters}"
