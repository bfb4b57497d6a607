"""Orders in a video: what is shown or said there is content, whomever it addresses.

Nothing acts on such words, and nothing has to: text is data here. But what a model was made to say by them looks
like what it saw. So lines that give orders are no evidence for any tag, and where there are some, what a model
says counts only as far as other lines show the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from functions.tag.disguises import readings
from functions.tag.order_patterns import PATTERNS, SQUEEZED
from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.plain_text import letters
from shared.domain.records import Finding

__all__ = ["Heeded", "heeded", "is_order"]

_OWN_WORDS: Final = frozenset({"label", "suggested_title", "summary", "description", "chapter"})
"""Findings that say what a model makes of it; others quote what stands there or is said."""

_QUOTES: Final = frozenset({"text", "words", "qr_code"})
_TOGETHER_S: Final = 0.5  # lines that appear in the same moment are read as one text
_NEXT_S: Final = 5.0  # as are a few of which each begins so soon after the one before
_MOST_IN_TURN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """What findings are worth as evidence.

    Attributes:
        findings: Those that may be reasoned from.
        orders: Lines and phrases that give orders, in time order.
        unconfirmed: How many statements of models were left out, for nothing else shows what they say.
    """

    findings: Sequence[Finding]
    orders: Sequence[Finding]
    unconfirmed: int


def heeded(findings: Sequence[Finding]) -> Heeded:
    """Returns findings without orders, and without what nobody but a model says in a video that has some.

    Args:
        findings: Everything the analyzers found.
    """
    orders = list(_orders(findings))
    if not orders:
        return Heeded(findings=findings, orders=(), unconfirmed=0)
    given = set(map(id, orders))
    others = [finding for finding in findings if id(finding) not in given]
    shown = {
        stem
        for finding in others
        if finding.name in _QUOTES and not _is_a_models(finding)
        for stem in _stems(str(finding.value))
    }
    kept = [finding for finding in others if not _is_a_models(finding) or _stems(str(finding.value)) <= shown]
    return Heeded(findings=kept, orders=orders, unconfirmed=len(others) - len(kept))


def _is_a_models(finding: Finding) -> bool:
    return bool(finding.prompt_version) or finding.name in _OWN_WORDS


def is_order(text: str) -> bool:
    """Says whether a text reads like an order to whoever, or whatever, describes the video."""
    return any(map(_orders_something, readings(text)))


def _orders_something(plain: str) -> bool:
    return any(pattern.search(plain) for pattern in PATTERNS) or bool(SQUEEZED.search(letters(plain)))


def _orders(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yields the lines and phrases that are orders by themselves, or together with those before and after them."""
    quotes = sorted(
        (finding for finding in findings if finding.name in _QUOTES),
        key=lambda finding: (
            finding.modality,
            finding.producer,
            round(finding.start_s / _TOGETHER_S),
            finding.box[1] if finding.box else 0.0,
            finding.start_s,
        ),
    )
    given: set[int] = set()
    for _, same in groupby(quotes, key=lambda one: (one.modality, one.producer)):
        lines = list(same)
        for _, moment in groupby(lines, key=lambda one: round(one.start_s / _TOGETHER_S)):
            given |= _ordered(list(moment))
        for run in _in_turn(lines):
            if given.isdisjoint(map(id, run)):
                given |= _ordered(run)
    yield from (line for line in quotes if id(line) in given)


def _in_turn(lines: Sequence[Finding]) -> Iterator[Sequence[Finding]]:
    """Yields each line, then those that follow each other soon: an order may take some pictures or breaths."""
    yield from ([line] for line in lines)
    for size in range(2, _MOST_IN_TURN + 1):
        runs = (lines[at : at + size] for at in range(len(lines) - size + 1))
        yield from (
            run for run in runs if all(later.start_s - one.start_s <= _NEXT_S for one, later in pairwise(run))
        )


def _ordered(lines: Sequence[Finding]) -> set[int]:
    """Returns the ids of lines that are an order together."""
    return set(map(id, lines)) if is_order(" ".join(str(line.value) for line in lines)) else set()


def _stems(text: str) -> set[str]:
    return {singular(word) for word in word_list(text) if word.casefold() not in STOP_WORDS}
