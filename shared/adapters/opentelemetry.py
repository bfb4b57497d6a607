"""Traces to whatever takes OpenTelemetry's protocol over HTTP: a collector, or Google Cloud."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.domain.errors import ConfigurationError
from shared.domain.spans import Span, SpanRef
from shared.logs import logger

if TYPE_CHECKING:
    from google.auth.transport.requests import AuthorizedSession

__all__ = ["COLLECTOR_ENDPOINT", "GOOGLE_CLOUD_ENDPOINT", "OtlpSpanExporter"]

COLLECTOR_ENDPOINT: Final = "http://127.0.0.1:4318/v1/traces"
"""Where collectors on this machine listen."""

GOOGLE_CLOUD_ENDPOINT: Final = "https://telemetry.googleapis.com/v1/traces"

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_SCOPE: Final = InstrumentationScope("automations")
_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}


class OtlpSpanExporter:
    """Implements SpanExporter; safe to use from several threads.

    The SDK's own tracer is for spans that begin and end in one process while it watches. Ours are made of what was
    committed, and of attempts whose process may be gone.

    Args:
        endpoint: Full URL that traces are posted to; Google Cloud's gets this process's credentials. Headers and
            certificates for others are read from OpenTelemetry's own environment variables.
        service: Name of the service.
        version: Its version; None when it has none.
        project: Google Cloud project; None elsewhere.
        timeout_s: Seconds an export takes at most.
        pause_s: Seconds after a failed export in which no other is tried: an outage must not slow every attempt.

    Raises:
        ConfigurationError: ``no_google_credentials``: those are needed there, and there are none.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        service: str,
        version: str | None = None,
        project: str | None = None,
        timeout_s: float = 3.0,
        pause_s: float = 60.0,
    ) -> None:
        known = {"service.name": service, "service.version": version, "gcp.project_id": project}
        self._resource = Resource({name: value for name, value in known.items() if value is not None})
        session = _authorized_session() if endpoint == GOOGLE_CLOUD_ENDPOINT else None
        self._exporter = trace_exporter.OTLPSpanExporter(endpoint, timeout=timeout_s, session=session)
        self._endpoint = endpoint
        self._pause_s = pause_s
        self._resumes_s = 0.0
        self._lock = threading.Lock()

    def export(self, spans: Sequence[Span]) -> None:
        with self._lock, _told() as said:
            if monotonic() < self._resumes_s:
                return
            if self._exporter.export([self._readable(span) for span in spans]) is not SpanExportResult.SUCCESS:
                self._resumes_s = monotonic() + self._pause_s
                detail = said[0] if said else ""
                logger().warning("spans_lost", endpoint=self._endpoint, detail=detail, pause_s=self._pause_s)

    def _readable(self, span: Span) -> ReadableSpan:
        outcome = {"error.type": span.error} if span.error else {}
        return ReadableSpan(
            span.name,
            _context(span.ref),
            _context(span.parent) if span.parent else None,
            self._resource,
            {**span.attributes, **outcome},
            links=[Link(_context(ref)) for ref in span.links],
            kind=_KINDS[span.kind],
            status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.OK),
            start_time=_unix_ns(span.started_at),
            end_time=_unix_ns(span.ended_at),
            instrumentation_scope=_SCOPE,
        )


def _context(ref: SpanRef) -> SpanContext:
    return SpanContext(
        int(ref.trace, 16), int(ref.span, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )


def _unix_ns(instant: datetime) -> int:
    return round(instant.timestamp() * 1_000_000) * 1000


def _authorized_session() -> AuthorizedSession:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.auth.transport.requests import AuthorizedSession

    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except DefaultCredentialsError as error:
        raise ConfigurationError(
            "no_google_credentials", f"Traces can't be sent to Google Cloud without credentials: {error}"
        ) from error
    return AuthorizedSession(credentials)


@contextmanager
def _told() -> Iterator[list[str]]:
    """Gives what the library says in the block, which is told in one line instead of several."""
    said: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    library = logging.getLogger(trace_exporter.__name__)
    library.addFilter(note)
    try:
        yield said
    finally:
        library.removeFilter(note)
