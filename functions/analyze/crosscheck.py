"""What a model quotes, compared with what was read and heard on the device at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shared.domain.quotes import Quotable, quoted_parts
from shared.domain.records import Finding

__all__ = ["crosschecked"]

_QUOTES: Final = frozenset({"text", "words"})
_SLACK_S: Final = 2.0  # models look at about one picture a second and round to the next
_UNVERIFIED: Final = 0.5
"""Of how sure a model may be of words that nothing else has found."""


def crosschecked(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Returns findings with those in which a model quotes something marked as verified or not.

    Lines and phrases are quotes; in whatever else a model says, what stands in quotation marks is one. A quote is
    verified if it was read or heard on the device, then and there. One that is not counts half.

    Args:
        findings: Of all analyzers.
    """
    quotable = Quotable(one for one in findings if not one.prompt_version)
    return [_checked(one, quotable) if one.prompt_version else one for one in findings]


def _checked(finding: Finding, quotable: Quotable) -> Finding:
    text = str(finding.value)
    quotes = [text] if finding.name in _QUOTES else quoted_parts(text)
    if not quotes:
        return finding
    found = all(quotable.holds(quote, finding.start_s, finding.end_s, slack_s=_SLACK_S) for quote in quotes)
    confidence = finding.confidence if found else finding.confidence * _UNVERIFIED
    return replace(finding, verified=found, confidence=confidence)
