"""The trace that a request is a part of, as it says itself."""

from __future__ import annotations

import re
from typing import Final

from werkzeug.wrappers import Request

from shared.domain.spans import SpanRef

__all__ = ["trace_context"]

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def trace_context(request: Request) -> SpanRef | None:
    """Returns the span that a request is made in, as W3C Trace Context and Cloud Run name it; None for none."""
    sent = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return SpanRef(trace=sent[1], span=sent[2]) if sent else None
