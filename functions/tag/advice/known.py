"""What advice is made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import capwords
from typing import Final

from functions.tag.advice.nameless import names_nothing
from functions.tag.words import singular, word_list
from shared.domain.media import MediaInfo
from shared.domain.records import Finding, Segment, SegmentKind, Tag, TagKind
from shared.domain.transcript import Line, transcript_of

__all__ = ["SUBJECTS", "SURE", "Known", "clock", "distinct", "number_word", "shortened", "written"]

SUBJECTS: Final = frozenset[TagKind]({"topic", "object", "person-mentioned"})
"""Kinds of tags that say what a video is about."""

SURE: Final = 0.5
"""Confidence from which a tag is put into words that are to be published."""

_CLEAR: Final = 0.6  # a phrase heard with less is quoted nowhere
_TITLE_CHARS: Final = 60
_ACRONYM_CHARS: Final = 5
_BULLET: Final = re.compile(r"^\s*[•‣▪■●○◦·*–—-]\s+")  # noqa: RUF001  # dashes of all lengths occur
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that is known of a video.

    Attributes:
        media: What probing found.
        segments: Everything the segment stage found, ranked by all that is known.
        findings: What the analyzers found and may be reasoned from.
        tags: The video's tags, surest first.
        name: The file's name without its ending, which names nothing.
        loudness_lufs: Integrated loudness that sound should have.
        leveled: Whether what is streamed was brought to it, as far as its noise and peaks allow.
    """

    media: MediaInfo
    segments: Sequence[Segment]
    findings: Sequence[Finding]
    tags: Sequence[Tag] = ()
    name: str = ""
    loudness_lufs: float = -16.0
    leveled: bool = True

    def of_kind(self, kind: SegmentKind) -> list[Segment]:
        """Returns the segments of a kind in time order."""
        return sorted((one for one in self.segments if one.kind == kind), key=lambda one: one.start_s)

    def named(self, name: str) -> list[Finding]:
        """Returns the findings of a name in time order, without quotes that nothing but a model has seen."""
        named = (one for one in self.findings if one.name == name and one.verified is not False)
        return sorted(named, key=lambda one: one.start_s)

    def subjects(self, least: float = 0.0) -> list[Tag]:
        """Returns the tags that say what the video is about, surest first; none that only a model has seen.

        Args:
            least: Confidence that they have at least, 0..1.
        """
        return [
            tag
            for tag in self.tags
            if tag.kind in SUBJECTS and tag.verified and tag.confidence >= least and not names_nothing(tag.label)
        ]

    def said_clearly(self) -> list[Line]:
        """Returns the lines of the transcript that were heard clearly, in time order."""
        return [line for line in transcript_of(self.findings, self.media).lines if line.confidence >= _CLEAR]


def distinct(labels: Iterable[str]) -> list[str]:
    """Returns labels without those whose words are all in a longer one, or in one before."""
    kept: list[str] = []
    for label in labels:
        words = {singular(word) for word in word_list(label)}
        same = [
            one
            for one in kept
            if (known := {singular(word) for word in word_list(one)}) <= words or words <= known
        ]
        if not same:
            kept.append(label)
        elif len(label) > max(map(len, same)):
            kept[kept.index(same[0])] = label
    return list(dict.fromkeys(kept))


def written(tag: Tag) -> str:
    """Returns a tag's label with the capitals that it has where it was read; as it is where it was not."""
    alone = re.compile(rf"(?<!\w){re.escape(tag.label)}(?!\w)", re.IGNORECASE)
    read = (alone.search(place.quote or "") for place in tag.evidence if place.modality == "text")
    found = next((match[0] for match in read if match), tag.label)
    is_acronym = len(found) <= _ACRONYM_CHARS and " " not in found
    return capwords(found) if found.isupper() and not is_acronym else found


def shortened(text: str, chars: int = _TITLE_CHARS) -> str:
    """Returns a text without the dot of a list, and not longer than a title may be, cut between words."""
    text = _BULLET.sub("", text)
    return text if len(text) <= chars else text[:chars].rsplit(" ", 1)[0] + " …"


def number_word(count: int) -> str:
    """Returns a number of things as it is written in a sentence."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def clock(time_s: float) -> str:
    """Returns a time as people write it: ``1:05``, with hours where there are some."""
    minutes, seconds = divmod(int(time_s + 1e-3), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
