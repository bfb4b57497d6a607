"""From a finding to the evidence for a tag."""

from __future__ import annotations

from shared.domain.records import Evidence, Finding

__all__ = ["evidence_of"]


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
        quote=str(finding.value) if quote is None else quote,
        frame=finding.frame,
    )
