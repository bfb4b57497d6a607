"""Orders in a video: what is shown or said there is content, whomever it addresses.

Nothing acts on such words, and nothing has to: text is data here. But what a model was made to say by them looks
like what it saw. So lines that give orders are no evidence for any tag, and where there are some, what a model
says counts only as far as other lines show the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from functions.tag.order_patterns import PATTERNS, SQUEEZED
from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.plain_text import letters
from shared.domain.records import Finding

__all__ = ["Heeded", "heeded", "is_order"]

_OWN_WORDS: Final = frozenset({"label", "suggested_title", "summary", "description", "chapter"})
"""Findings that say what a model makes of it; others quote what stands there or is said."""

_QUOTES: Final = frozenset({"text", "words", "qr_code"})
_TOGETHER_S: Final = 0.5  # lines that appear in the same moment are read as one text


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
    plain = unicodedata.normalize("NFKC", text)
    return any(pattern.search(plain) for pattern in PATTERNS) or bool(SQUEEZED.search(letters(plain)))


def _orders(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yields the lines and phrases that are orders by themselves, or together with those of the same moment."""
    quotes = sorted(
        (finding for finding in findings if finding.name in _QUOTES),
        key=lambda finding: (
            finding.modality,
            finding.producer,
            finding.start_s,
            finding.box[1] if finding.box else 0.0,
        ),
    )
    for _, moment in groupby(
        quotes, key=lambda one: (one.modality, one.producer, round(one.start_s / _TOGETHER_S))
    ):
        lines = list(moment)
        if is_order(" ".join(str(line.value) for line in lines)):
            yield from lines
        else:
            yield from (line for line in lines if is_order(str(line.value)))


def _stems(text: str) -> set[str]:
    return {singular(word) for word in word_list(text) if word.casefold() not in STOP_WORDS}
