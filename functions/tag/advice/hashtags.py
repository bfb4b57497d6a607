"""What to publish a video under."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from functions.tag.advice.known import SUBJECTS, SURE, Known, clock
from functions.tag.advice.nameless import names_nothing
from shared.domain.records import Recommendation, Tag

__all__ = ["hashtags"]

_MOST: Final = 8
_MAX_CHARS: Final = 30
_UNSEEN: Final = dict.fromkeys((0xFE0E, 0xFE0F))  # marks, too, that make a sign a picture or not
_KEPT: Final = frozenset("LMN")  # letters, marks, numbers
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
        shown = f"“{first.quote}”" if first.quote else "the picture"
        yield Recommendation(
            kind="hashtag",
            value=value,
            reason=f"{tag.kind} {tag.label!r}, by {shown} at {clock(first.start_s)}",
            score=tag.confidence,
            start_s=first.start_s,
        )
        if len(used) == _MOST:
            return


def _hashtag(tag: Tag) -> str:
    """Returns a label without what ends a hashtag; empty for one that would be none."""
    # Of a category the part that is most specific, as people call it.
    label = tag.label.rpartition(" / ")[2] if tag.kind == "category" else tag.label
    composed = unicodedata.normalize("NFC", label.replace("&", " and ").translate(_UNSEEN))
    # Vowel signs and accents are marks in many scripts: a word without them is none, or another one.
    letters = "".join(char for char in composed if unicodedata.category(char)[0] in _KEPT)
    if names_nothing(label) or letters.isdigit() or not 2 <= len(letters) <= _MAX_CHARS:
        return ""
    return f"#{letters}"
