"""Orders in a video: what is shown or said there is content, whomever it addresses.

Nothing acts on such words, and nothing has to: text is data here. But what a model was made to say by them looks
like what it saw. So lines that give orders are no evidence for any tag, nor is what goes on where they end; and
where there are some, what a model says counts only as far as other lines show the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Final

from functions.tag.order_patterns import PATTERNS, SQUEEZED
from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.disguises import readings
from shared.domain.framing import Box
from shared.domain.plain_text import letters
from shared.domain.records import Finding

__all__ = ["Heeded", "heeded", "is_order"]

_OWN_WORDS: Final = frozenset({"label", "suggested_title", "summary", "description", "chapter"})
"""Findings that say what a model makes of it; others quote what stands there or is said."""

_QUOTES: Final = frozenset({"text", "words", "qr_code"})
_TOGETHER_S: Final = 0.5  # lines that appear in the same moment are read as one text
_NEXT_S: Final = 5.0  # as are a few of which each begins so soon after the one before
_MOST_IN_TURN: Final = 3
_OPEN: Final = re.compile(
    r"(?:\b(?:as|with|under|be|say|tags?|labels?|title|words?|als|como|comme|come|как)|[:=\"“'])\s*$",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(r"\s*(?:as|with|under|als|como|comme|come|как)\b", re.IGNORECASE)
"""A sentence that is not at its end there, and how its end begins."""

_LINE_GAP: Final = 1.6  # between the lines of a paragraph there is less than so many times their height
_AS_LARGE: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """What findings are worth as evidence.

    Attributes:
        findings: Those that may be reasoned from.
        orders: Lines, phrases and codes that give orders, in time order.
        beside: What is no evidence either, for it goes on where an order ends, or repeats it; in time order.
        unconfirmed: How many statements of models were left out, for nothing else shows what they say.
    """

    findings: Sequence[Finding]
    orders: Sequence[Finding]
    beside: Sequence[Finding]
    unconfirmed: int


def heeded(findings: Sequence[Finding]) -> Heeded:
    """Returns findings without orders, and without what nobody but a model says in a video that has some.

    Args:
        findings: Everything the analyzers found.
    """
    quotes = sorted((one for one in findings if one.name in _QUOTES), key=_place)
    given = _orders(quotes)
    if not given:
        return Heeded(findings=findings, orders=(), beside=(), unconfirmed=0)
    orders = [one for one in quotes if id(one) in given]
    beside = _beside(orders, [one for one in quotes if id(one) not in given])
    given |= set(map(id, beside))
    others = [finding for finding in findings if id(finding) not in given]
    shown = {
        stem
        for finding in others
        if finding.name in _QUOTES and not _is_a_models(finding)
        for stem in _stems(str(finding.value))
    }
    kept = [finding for finding in others if not _is_a_models(finding) or _stems(str(finding.value)) <= shown]
    return Heeded(findings=kept, orders=orders, beside=beside, unconfirmed=len(others) - len(kept))


def _is_a_models(finding: Finding) -> bool:
    return bool(finding.prompt_version) or finding.name in _OWN_WORDS


def is_order(text: str) -> bool:
    """Says whether a text reads like an order to whoever, or whatever, describes the video."""
    return any(map(_orders_something, readings(text)))


def _orders_something(plain: str) -> bool:
    return any(pattern.search(plain) for pattern in PATTERNS) or bool(SQUEEZED.search(letters(plain)))


def _place(finding: Finding) -> tuple[str, str, int, float, float]:
    """Returns what findings are read in the order of: one's after the other's, in time, and downwards."""
    top = finding.box[1] if finding.box else 0.0
    return finding.modality, finding.producer, _moment(finding), top, finding.start_s


def _moment(finding: Finding) -> int:
    return round(finding.start_s / _TOGETHER_S)


def _orders(quotes: Sequence[Finding]) -> set[int]:
    """Returns the ids of what is an order by itself, or together with what stands or comes next to it.

    What is said by a code is said by nothing around it.
    """
    given = {id(one) for one in quotes if is_order(str(one.value))}
    told = (one for one in quotes if one.name != "qr_code")
    for _, same in groupby(told, key=lambda one: (one.modality, one.producer)):
        lines = list(same)
        for _, moment in groupby(lines, key=_moment):
            given |= _ordered_together(list(moment), given)
        for run in _in_turn(lines):
            if given.isdisjoint(map(id, run)) and _is_ordered(run):
                given |= set(map(id, run))
    return given


def _ordered_together(moment: Sequence[Finding], given: Set[int]) -> set[int]:
    """Returns the ids of the fewest lines of a moment that are an order together; none where one is known."""
    if not given.isdisjoint(map(id, moment)) or not _is_ordered(moment):
        return set()
    for size in range(2, len(moment)):
        for at in range(len(moment) - size + 1):
            if _is_ordered(moment[at : at + size]):
                return set(map(id, moment[at : at + size]))
    return set(map(id, moment))


def _in_turn(lines: Sequence[Finding]) -> Iterator[Sequence[Finding]]:
    """Yields lines that follow each other soon: an order may take some pictures or breaths."""
    for size in range(2, _MOST_IN_TURN + 1):
        runs = (lines[at : at + size] for at in range(len(lines) - size + 1))
        yield from (
            run for run in runs if all(later.start_s - one.start_s <= _NEXT_S for one, later in pairwise(run))
        )


def _is_ordered(lines: Sequence[Finding]) -> bool:
    """Says whether lines are an order together."""
    return is_order(" ".join(str(line.value) for line in lines))


def _beside(orders: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """Returns what stands in a paragraph with an order, repeats its words in that moment, or ends its sentence."""
    found: dict[int, Finding] = {}
    by_moment: dict[tuple[str, str, int], list[Finding]] = defaultdict(list)
    by_source: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in sorted(others, key=attrgetter("start_s")):
        by_moment[_place(one)[:3]].append(one)
        if one.name != "qr_code":
            by_source[_place(one)[:2]].append(one)
    todo = [one for one in orders if one.name != "qr_code"]
    while todo:
        known = todo.pop()
        near = [one for one in by_moment[_place(known)[:3]] if _goes_with(one, known)]
        near += [one for lines in by_source.values() for one in _next_of(lines, known) if _ends(one, known)]
        near = [one for one in near if id(one) not in found]
        found |= {id(one): one for one in near}
        todo += near
    return [one for one in others if id(one) in found]


def _next_of(lines: Sequence[Finding], known: Finding) -> Sequence[Finding]:
    """Returns the line that follows another soon, if one does.

    Args:
        lines: What was read or heard, in the order of its beginnings.
        known: The other, from wherever.
    """
    at = bisect_right(lines, known.start_s, key=attrgetter("start_s"))
    return [line for line in lines[at : at + 1] if line.start_s - known.start_s <= _NEXT_S]


def _ends(line: Finding, known: Finding) -> bool:
    """Says whether a line ends the sentence of the one before it."""
    return bool(_OPEN.search(str(known.value)) or _CLOSING.match(str(line.value)))


def _goes_with(line: Finding, known: Finding) -> bool:
    """Says whether a line goes on where one of that moment ends, or is gone on with by it, or repeats it."""
    if line.name == "qr_code":
        return False
    return _is_next(line.box, known.box) or _stems(str(line.value)) <= _stems(str(known.value))


def _is_next(one: Box | None, other: Box | None) -> bool:
    """Says whether two lines are of one paragraph, as far as is known: as large, and close above each other."""
    if one is None or other is None:
        return True
    gap = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    beside = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    low, high = sorted((one[3], other[3]))
    return beside > 0 and gap <= _LINE_GAP * low and high <= _AS_LARGE * low


def _stems(text: str) -> set[str]:
    return {singular(word) for word in word_list(text) if word.casefold() not in STOP_WORDS}
