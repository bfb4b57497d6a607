"""Lines that say who did what: a role, and the names of those who had it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["CAPITALIZED", "SEPARATOR", "credited", "is_role", "names", "person"]

_CREDITS: Final = (
    r"directed by|direction by|written by|screenplay by|story by|script by|produced by|music by|music composed by"
    r"|score by|edited by|photography by|cinematography by|animation by|narrated by|hosted by|presented by"
    r"|starring|with the voices? of|(?:a )?film by|interview with|réalisé par|musique de|dirigid[ao] por"
)
_POSTS: Final = (
    r"director|producer|composer|editor|presenter|host|narrator|lecturer|instructor|speaker|regie|drehbuch|musik"
    r"|kamera|schnitt|dozentin|dozent|moderation"
)
_WORKS: Final = r"camera|music|sound|editing|screenplay|script|photography|cinematography|animation|costumes"
"""Subjects, too: credits only with a colon behind them."""

_BEFORE: Final = r"(?:\w+\s+(?:and|&)\s+)?"
_ROLE: Final = re.compile(
    rf"{_BEFORE}(?:executive\s+|original\s+|lead\s+)?(?:(?:{_CREDITS})\s*:?|(?:{_POSTS}|{_WORKS})\s*:)\s*",
    re.IGNORECASE,
)
_ROLE_ALONE: Final = re.compile(rf"{_BEFORE}(?:(?:{_CREDITS}|{_POSTS})\s*:?|(?:{_WORKS})\s*:)", re.IGNORECASE)

_PARTICLES: Final = frozenset(
    {"bin", "da", "de", "del", "den", "der", "di", "dos", "du", "la", "le", "ten", "ter", "van", "von", "zu"}
)
CAPITALIZED: Final = re.compile(r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’\-][^\W\d_]+)*$")  # noqa: RUF001  # both apostrophes occur
_INITIAL: Final = re.compile(r"[^\W\d_]\.$")
SEPARATOR: Final = re.compile(r"\s*(?:[,;&|•·/()]|\s[-–—]\s|\b(?:and|und|et|y)\b)\s*")  # noqa: RUF001  # all dashes occur
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


def credited(line: str) -> Sequence[str]:
    """Returns the persons that a line names after a role; none for one that begins with no role."""
    role = _ROLE.match(line)
    return list(names(line[role.end() :])) if role else []


def is_role(line: str) -> bool:
    """Says whether a line is nothing but a role: who had it stands below."""
    return bool(_ROLE_ALONE.fullmatch(line.strip()))


def names(text: str) -> Iterator[str]:
    """Yields the persons in a list of nothing but names; what else stands in it makes it no such list."""
    found = [person(part.split()) for part in SEPARATOR.split(text) if part]
    if all(found):
        yield from filter(None, found)


def person(words: Sequence[str]) -> str | None:
    """Returns two to four words as a label if they can be a person's name."""
    small = [word.casefold().rstrip(".") for word in words]
    told = [word for word in words if word.casefold() not in _PARTICLES]
    proper = [word for word in told if CAPITALIZED.match(word) and len(word) > 1]
    if not 2 <= len(words) <= 4 or len(told) < 2 or not proper or not _NO_NAMES.isdisjoint(small):
        return None
    if not all(CAPITALIZED.match(word) or _INITIAL.match(word) for word in told):
        return None
    return " ".join(words).casefold()
