"""Somebody who takes traces: OpenTelemetry's protocol over HTTP, decoded as its own definitions say."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared.testing.loopback import LoopbackServer

__all__ = ["OtlpReceiver", "attributes_of", "hex_of"]


class OtlpReceiver(LoopbackServer):
    """Takes everything; a context manager.

    Attributes:
        status: What it answers with.
        posts: How many requests it got.
        spans: The spans it got, in order.
        resources: Attributes of what sent each of them.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.status = 200
        self.posts = 0
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []

    def __enter__(self) -> OtlpReceiver:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """Where traces are posted to."""
        return f"{self.url}/v1/traces"

    def take(self, body: bytes) -> None:
        """Takes what was posted."""
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in group.scope_spans:
                self.spans += scope.spans
                self.resources += [attributes_of(group.resource)] * len(scope.spans)


class _Handler(BaseHTTPRequestHandler):
    server: OtlpReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        known = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
        if known and self.server.status == 200:
            self.server.take(body)
        self.send_response(self.server.status if known else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def attributes_of(holder: Any) -> dict[str, Any]:
    """Returns the attributes of a span or a resource as Python values."""
    values = {pair.key: MessageToDict(pair.value) for pair in holder.attributes}
    return {
        name: int(number) if (number := value.get("intValue")) is not None else next(iter(value.values()))
        for name, value in values.items()
    }


def hex_of(identifier: bytes) -> str:
    """Returns an id as Python code writes it: hex digits; empty for none."""
    return identifier.hex()
