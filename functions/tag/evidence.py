"""From a finding to the evidence for a tag, and back: whether what is said to be evidence was found at all."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.quotes import Quotable
from shared.domain.records import Evidence, Finding

__all__ = ["Witnesses", "evidence_of"]


def evidence_of(finding: Finding, quote: str | None = None) -> Evidence:
    """Returns a finding as evidence.

    Args:
        finding: What was found.
        quote: How to put it; None takes its value, which should be words then.
    """
    return Evidence(
        start_s=finding.start_s,
        end_s=finding.end_s,
        modality=finding.modality,
        confidence=finding.confidence,
        producer=finding.producer,
        producer_version=finding.producer_version,
        prompt_version=finding.prompt_version,
        quote=str(finding.value) if quote is None else quote,
        frame=finding.frame,
    )


class Witnesses:
    """Says whether evidence lies in the media: a quote counts only if it was read or heard there.

    Args:
        findings: What was found, by whomever.
        duration_s: The video's length in seconds.
    """

    def __init__(self, findings: Iterable[Finding], duration_s: float) -> None:
        self._quotable = Quotable(findings)
        self._duration_s = duration_s

    def confirm(self, evidence: Evidence) -> bool:
        """Says whether a piece of evidence shows something, somewhere in the video, that was found there."""
        inside = 0.0 <= evidence.start_s < evidence.end_s <= self._duration_s
        if not inside or not 0.0 <= evidence.confidence <= 1.0:
            return False
        if evidence.quote and evidence.modality in ("text", "speech"):
            where = evidence.start_s, evidence.end_s
            return self._quotable.holds(evidence.quote, *where, modalities=(evidence.modality,))
        return bool(evidence.quote or evidence.frame)
