"""Persons who are named in text or speech, where the words around the name say that it is one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from functions.tag.evidence import evidence_of
from functions.tag.legible_text import legible
from shared.domain.records import Finding, Tag
from shared.domain.timing import overlap
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["PersonsTagger"]

_CREDITS: Final = (
    r"directed by|direction by|written by|screenplay by|story by|script by|produced by|music by|music composed by"
    r"|score by|edited by|photography by|cinematography by|animation by|narrated by|hosted by|presented by"
    r"|starring|with the voices? of|a film by|interview with|réalisé par|musique de|dirigid[ao] por"
)
_POSTS: Final = (
    r"director|producer|composer|editor|presenter|host|narrator|lecturer|instructor|speaker|regie|drehbuch|musik"
    r"|kamera|schnitt|dozentin|dozent|moderation"
)
_ROLE: Final = re.compile(
    rf"(?:\w+\s+(?:and|&)\s+)?(?:executive\s+|original\s+|lead\s+)?(?:(?:{_CREDITS})\s*:?|(?:{_POSTS})\s*:)\s*",
    re.IGNORECASE,
)
_ROLE_ALONE: Final = re.compile(rf"(?:\w+\s+(?:and|&)\s+)?(?:{_CREDITS}|{_POSTS})\s*:?", re.IGNORECASE)
_TITLE: Final = re.compile(r"\b(?:prof(?:essor|\.)?(?: dr\.?)?|dr\.(?: med\.)?)\s+", re.IGNORECASE)
_SELF: Final = re.compile(r"\b(?:my name is|my name's|mein name ist|je m'appelle|me llamo)\s+", re.IGNORECASE)

_PARTICLES: Final = frozenset(
    {"bin", "da", "de", "del", "den", "der", "di", "dos", "du", "la", "le", "ten", "ter", "van", "von", "zu"}
)
_CAPITALIZED: Final = re.compile(r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’\-][^\W\d_]+)*$")  # noqa: RUF001  # both apostrophes occur
_INITIAL: Final = re.compile(r"[^\W\d_]\.$")
_SEPARATOR: Final = re.compile(r"\s*(?:[,;&|•·/()]|\s[-–—]\s|\b(?:and|und|et|y)\b)\s*")  # noqa: RUF001  # all dashes occur
_NO_NAMES: Final = frozenset(
    """academy agency all america animation art arts association award bank black blue board book bros
    brothers camera capital center centre channel church city college committee company corp corporation
    council department design digital east entertainment europe faculty festival film films foundation fund
    gallery gmbh great group high home house inc institute international its lab laboratory library limited
    llc ltd magazine martens media ministry movie movies museum music national network new news north oetker
    office open our park pepper pictures press production productions project publishing radio records red
    research royal school science service services society software south state states street studio studios
    support systems team technologies technology television that the their theater theatre this today
    tonight trust tv union united university video west white world your""".split()  # noqa: SIM905  # a list of literals would be longer and harder to read
)
_BELOW: Final = 3.0  # heights of a line, within which the next one belongs to it
_SURE: Final = 0.9
_MAX_TAGS: Final = 20


class PersonsTagger(Tagger):
    """Takes names out of credits ("Directed by ..."), after titles ("Prof. ...") and after "my name is".

    There is no list of names: what nothing marks as a name is none, however much it looks like one.
    """

    name: ClassVar[str] = "persons"
    version: ClassVar[str] = "1"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        places: dict[str, dict[int, Finding]] = defaultdict(dict)
        lines = legible(video.findings)
        for line in lines:
            for name in (*_named(str(line.value)), *_titled(str(line.value))):
                places[name][id(line)] = line
            if _ROLE_ALONE.fullmatch(str(line.value).strip()):
                for below in _next_line(line, lines):
                    for name in _names(str(below.value)):
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


def _named(text: str) -> Iterator[str]:
    """Yields the names that follow a role in the same line."""
    role = _ROLE.match(text)
    if role:
        yield from _names(text[role.end() :])


def _titled(text: str) -> Iterator[str]:
    """Yields the names that follow a title, such as "Prof. Donald Kossmann"."""
    for title in _TITLE.finditer(text):
        name = _name(_SEPARATOR.split(text[title.end() :])[0].split())
        if name:
            yield name


def _introduced(text: str) -> Iterator[str]:
    """Yields the names with which people introduce themselves; a transcript without capitals shows none."""
    for opening in _SELF.finditer(text):
        words = re.split(r"[,;:!?]", text[opening.end() :])[0].split()
        length = next((n for n, word in enumerate(words) if not _CAPITALIZED.match(word.strip("."))), len(words))
        name = _name([word.strip(".") for word in words[:length]])
        if name:
            yield name


def _names(text: str) -> Iterator[str]:
    """Yields the names in a list of nothing but names; what else stands in it makes it no such list."""
    names = [_name(part.split()) for part in _SEPARATOR.split(text) if part]
    if all(names):
        yield from filter(None, names)


def _name(words: Sequence[str]) -> str | None:
    """Returns two to four words as a label if they can be a person's name."""
    small = [word.casefold().rstrip(".") for word in words]
    told = [word for word in words if word.casefold() not in _PARTICLES]
    proper = [word for word in told if _CAPITALIZED.match(word) and len(word) > 1]
    if not 2 <= len(words) <= 4 or len(told) < 2 or not proper or not _NO_NAMES.isdisjoint(small):
        return None
    if not all(_CAPITALIZED.match(word) or _INITIAL.match(word) for word in told):
        return None
    return " ".join(words).casefold()


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
