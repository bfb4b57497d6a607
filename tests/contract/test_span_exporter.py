"""What every SpanExporter promises: it hands everything over before it returns, and never raises."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.proto.trace.v1 import trace_pb2

from shared.adapters.opentelemetry import OtlpSpanExporter
from shared.domain.spans import Span, SpanKind, SpanRef
from shared.ports.span_exporter import SpanExporter
from shared.testing.logs import captured_logs
from shared.testing.span_exporter import InMemorySpanExporter
from tests.otlp_receiver import OtlpReceiver, attributes_of, hex_of

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
RUN, STAGE, BEFORE = (SpanRef(trace=letter * 32, span=letter * 16) for letter in "abc")
KINDS: dict[int, SpanKind] = {1: "internal", 2: "server", 3: "client", 5: "consumer"}


def a_span(**values: object) -> Span:
    defaults = {"ref": RUN, "name": "run", "started_at": NOON, "ended_at": NOON + timedelta(seconds=1.5)}
    return Span(**{**defaults, **values})  # type: ignore[arg-type]  # what a test names has the right type


SPANS = [
    a_span(attributes={"automations.run": 1, "automations.cpu_s": 0.25, "automations.status": "ready"}),
    a_span(
        ref=SpanRef(trace=RUN.trace, span=STAGE.span),
        parent=RUN,
        name="tag",
        kind="consumer",
        error="no_memory",
        links=(BEFORE,),
    ),
    a_span(name="GET /", kind="server"),
    a_span(name="ffmpeg", kind="client"),
]


@dataclass(frozen=True)
class Subject:
    """An exporter, and what reached whoever it exports to."""

    exporter: SpanExporter
    arrived: Callable[[], list[Span]]


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture(params=["fake", "opentelemetry"])
def subject(request: pytest.FixtureRequest, receiver: OtlpReceiver) -> Subject:
    if request.param == "fake":
        fake = InMemorySpanExporter()
        return Subject(fake, lambda: fake.spans)
    exporter = OtlpSpanExporter(receiver.endpoint, service="tag", version="tag-00001", project="p")
    return Subject(exporter, lambda: [as_span(span) for span in receiver.spans])


def as_span(got: trace_pb2.Span) -> Span:
    """Returns a span as it was before it was sent."""
    attributes = attributes_of(got)
    error = attributes.pop("error.type", "")
    assert got.status.code == (trace_pb2.Status.STATUS_CODE_ERROR if error else trace_pb2.Status.STATUS_CODE_OK)
    assert got.status.message == error
    trace = hex_of(got.trace_id)
    return Span(
        ref=SpanRef(trace=trace, span=hex_of(got.span_id)),
        parent=SpanRef(trace=trace, span=hex_of(got.parent_span_id)) if got.parent_span_id else None,
        name=got.name,
        kind=KINDS[got.kind],
        started_at=datetime.fromtimestamp(got.start_time_unix_nano / 1e9, UTC),
        ended_at=datetime.fromtimestamp(got.end_time_unix_nano / 1e9, UTC),
        error=error,
        attributes=attributes,
        links=tuple(SpanRef(trace=hex_of(link.trace_id), span=hex_of(link.span_id)) for link in got.links),
    )


def test_what_is_exported_has_arrived_whole(subject: Subject) -> None:
    subject.exporter.export(SPANS[:2])
    assert subject.arrived() == SPANS[:2]
    subject.exporter.export(SPANS[2:])
    assert subject.arrived() == SPANS


def test_who_sent_it_is_named(receiver: OtlpReceiver) -> None:
    OtlpSpanExporter(receiver.endpoint, service="tag", version="tag-00001", project="p").export(SPANS[:1])
    assert receiver.resources == [{"service.name": "tag", "service.version": "tag-00001", "gcp.project_id": "p"}]


def test_a_refusal_is_told_in_one_line_and_others_are_not_tried_for_a_while(receiver: OtlpReceiver) -> None:
    receiver.status = 403
    exporter = OtlpSpanExporter(receiver.endpoint, service="tag")
    with captured_logs() as lines:
        for _ in range(3):
            exporter.export(SPANS)
    (line,) = lines
    assert (line["event"], line["level"], line["endpoint"]) == ("spans_lost", "warning", receiver.endpoint)
    assert "403" in str(line["detail"])
    assert receiver.posts == 1


def test_it_goes_on_when_there_is_somebody_again(receiver: OtlpReceiver) -> None:
    receiver.status = 403
    exporter = OtlpSpanExporter(receiver.endpoint, service="tag", pause_s=0)
    with captured_logs():
        exporter.export(SPANS)
    receiver.status = 200
    exporter.export(SPANS)
    assert [as_span(span) for span in receiver.spans] == SPANS


@pytest.mark.parametrize("listening", [False, True], ids=["nobody is there", "nobody answers"])
def test_where_nobody_takes_it_little_time_is_lost(listening: bool) -> None:
    with socket.socket() as deaf, captured_logs() as lines:
        deaf.bind(("127.0.0.1", 0))
        if listening:
            deaf.listen()
        endpoint = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1/traces"
        exporter = OtlpSpanExporter(endpoint, service="tag", timeout_s=0.5)
        for _ in range(2):
            exporter.export(SPANS)
    assert [line["event"] for line in lines] == ["spans_lost"]
