"""Requests that have videos processed, as spans that lead to the traces of that."""

from __future__ import annotations

import secrets
from typing import Any

from werkzeug.wrappers import Response

from functions.api.dispatch import Layer, Proceed
from functions.api.operation import Answer, Call, Operation
from functions.api.trace_context import trace_context
from shared.domain.spans import Span, SpanRef
from shared.ports.clock import Clock
from shared.ports.span_exporter import SpanExporter
from shared.runtime.telemetry import runs_begun

__all__ = ["tracing_layer"]


def tracing_layer(spans: SpanExporter, clock: Clock) -> Layer:
    """Returns the layer that traces requests in which runs begin, such as uploads and replays.

    A run has a trace of its own, since it goes on for long after the request and may begin without one; the
    request's span links to it.

    Args:
        spans: Where they go.
        clock: The time.
    """

    def trace(operation: Operation[Any, Any], call: Call[Any, Any], proceed: Proceed) -> Answer | Response:
        started_at = clock.now()
        with runs_begun() as runs:
            answer = proceed()
        if runs:
            parent = trace_context(call.request)
            status = answer.status_code if isinstance(answer, Response) else answer.status
            span = Span(
                ref=SpanRef(trace=parent.trace if parent else secrets.token_hex(16), span=secrets.token_hex(8)),
                parent=parent,
                name=f"{operation.method} {operation.rule}",
                kind="server",
                started_at=started_at,
                ended_at=clock.now(),
                attributes={
                    "http.request.method": operation.method,
                    "http.route": operation.rule,
                    "http.response.status_code": status,
                },
                links=tuple(runs),
            )
            spans.export([span])
        return answer

    return trace
