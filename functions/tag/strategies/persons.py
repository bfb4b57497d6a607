"""Persons who are named in text or speech, where the words around the name say that it is one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from functions.tag.credits import CAPITALIZED, SEPARATOR, credited, is_role, names, person
from functions.tag.evidence import evidence_of
from functions.tag.legible_text import legible
from shared.domain.records import Finding, Tag
from shared.domain.timing import overlap
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["PersonsTagger"]

_TITLE: Final = re.compile(r"\b(?:prof(?:essor|\.)?(?: dr\.?)?|dr\.(?: med\.)?)\s+", re.IGNORECASE)
_SELF: Final = re.compile(r"\b(?:my name is|my name's|mein name ist|je m'appelle|me llamo)\s+", re.IGNORECASE)

_BELOW: Final = 3.0  # heights of a line, within which the next one belongs to it
_SURE: Final = 0.9
_MAX_TAGS: Final = 20


class PersonsTagger(Tagger):
    """Takes names out of credits ("Directed by ..."), after titles ("Prof. ...") and after "my name is".

    There is no list of names: what nothing marks as a name is none, however much it looks like one.
    """

    name: ClassVar[str] = "persons"
    version: ClassVar[str] = "2"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        places: dict[str, dict[int, Finding]] = defaultdict(dict)
        lines = legible(video.findings)
        for line in lines:
            for name in (*credited(str(line.value)), *_titled(str(line.value))):
                places[name][id(line)] = line
            if is_role(str(line.value)):
                for below in _next_line(line, lines):
                    for name in names(str(below.value)):
                        places[name][id(below)] = below
        for phrase in (finding for finding in video.findings if finding.name == "words"):
            for name in _introduced(str(phrase.value)):
                places[name][id(phrase)] = phrase
        tags = [self._tag(name, list(found.values())) for name, found in places.items()]
        yield from sorted(tags, key=lambda tag: -tag.confidence)[:_MAX_TAGS]

    def _tag(self, name: str, found: Sequence[Finding]) -> Tag:
        return Tag(
            label=name,
            kind="person-mentioned",
            confidence=_SURE * max(finding.confidence for finding in found),
            evidence=tuple(map(evidence_of, found)),
            producer=self.name,
            producer_version=self.version,
        )


def _titled(text: str) -> Iterator[str]:
    """Yields the names that follow a title, such as "Prof. Donald Kossmann"."""
    for title in _TITLE.finditer(text):
        name = person(SEPARATOR.split(text[title.end() :])[0].split())
        if name:
            yield name


def _introduced(text: str) -> Iterator[str]:
    """Yields the names with which people introduce themselves; a transcript without capitals shows none."""
    for opening in _SELF.finditer(text):
        words = re.split(r"[,;:!?]", text[opening.end() :])[0].split()
        length = next((n for n, word in enumerate(words) if not CAPITALIZED.match(word.strip("."))), len(words))
        name = person([word.strip(".") for word in words[:length]])
        if name:
            yield name


def _next_line(role: Finding, lines: Iterable[Finding]) -> Sequence[Finding]:
    """Returns the line right below one that is nothing but a role, at the same time."""
    if role.box is None:
        return ()
    left, top, width, height = role.box
    below = [
        line
        for line in lines
        if line.box is not None
        and line is not role
        and overlap(line, role)
        and 0 < line.box[1] - top <= _BELOW * height
        and line.box[0] < left + width
        and left < line.box[0] + line.box[2]
    ]
    return sorted(below, key=lambda line: line.box[1] if line.box else 0.0)[:1]
