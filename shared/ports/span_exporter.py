"""Where traces go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.domain.spans import Span

__all__ = ["SpanExporter"]


class SpanExporter(Protocol):
    """Hands spans to whoever shows traces."""

    def export(self, spans: Sequence[Span]) -> None:
        """Hands over spans before it returns, within seconds: nothing may be left to do once a function answers.

        It never raises: work that is done does not fail because nobody took its trace. What could not be handed
        over is lost, and logged as ``spans_lost``.
        """
        ...
