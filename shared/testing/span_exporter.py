"""Traces that a test looks at."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.spans import Span

__all__ = ["InMemorySpanExporter"]


class InMemorySpanExporter:
    """A SpanExporter that keeps everything.

    Attributes:
        spans: What was exported, in order.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def export(self, spans: Sequence[Span]) -> None:
        self.spans += spans
