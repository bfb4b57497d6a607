"""How much shots and scenes matter once it is known what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Final

from functions.tag.advice.headings import headings
from functions.tag.advice.known import shortened
from functions.tag.advice.moments import Moments, covered_s
from functions.tag.legible_text import TITLE_HEIGHT, height, legible, quotable
from shared.domain.ranking import score_of
from shared.domain.records import Finding, Rank, Segment, Sign
from shared.domain.timing import shared_s

__all__ = ["ranks"]

_SMALL_TEXT: Final = 0.7
"""What lines that are no titles are worth: they are read by those who look for them."""


def ranks(
    segments: Sequence[Segment], findings: Sequence[Finding], unquoted: Sequence[Finding] = ()
) -> Iterator[Rank]:
    """Yields the rank of every segment that has signs, with what is to be read in it as one more.

    Args:
        segments: Everything the segment stage found; without signs are those that show nothing.
        findings: What the analyzers found and may be reasoned from.
        unquoted: What else they found: lines that are there like others, but that nobody is to be told.
    """
    fit = {id(line) for line in headings(findings)}
    lines, others = Moments(legible(findings)), Moments(legible(unquoted))
    for segment in segments:
        if not segment.signs:
            continue
        place = segment.start_s, segment.end_s
        signs = (*segment.signs, _text(segment, lines.between(*place), others.between(*place), fit))
        if not any(sign.name in {"motion", "novelty"} for sign in segment.signs):
            signs = segment.signs  # sound alone: nothing can be read
        score, reason = score_of(signs)
        yield Rank(kind=segment.kind, index=segment.index, score=score, reason=reason, signs=signs)


def _text(segment: Segment, lines: Sequence[Finding], unquoted: Sequence[Finding], fit: Set[int]) -> Sign:
    there = [*lines, *unquoted]
    share = min(covered_s(there, segment.start_s, segment.end_s) / (segment.end_s - segment.start_s), 1.0)
    if not there:
        return Sign(name="text", value=0.0, words="no text can be read")
    # What is quoted should say something, as a number on a dial does not, and be there for most of the time.
    largest = max(
        lines or there,
        key=lambda line: (id(line) in fit, quotable(line), height(line) * shared_s(line, segment)),
    )
    weight = 1.0 if height(largest) >= TITLE_HEIGHT else _SMALL_TEXT
    quote = f", such as “{shortened(str(largest.value))}”" if lines and quotable(largest) else ""
    return Sign(name="text", value=share * weight, words=f"text {share:.0%} of the time{quote}")
