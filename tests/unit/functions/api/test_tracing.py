"""A request that has videos processed is a span, in the caller's trace, that leads to theirs."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from shared.domain.measures import LOG_LINES
from shared.domain.spans import SpanRef, span_of
from shared.domain.video import Video
from shared.runtime.telemetry import watched
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.logs import captured_logs
from shared.testing.span_exporter import InMemorySpanExporter
from shared.testing.video_repository import InMemoryVideoRepository
from tests.api_ports import FakeApiPorts

CALLER = SpanRef(trace="0af7651916cd43dd8448eb211c80319c", span="b7ad6b7169203331")
TRACEPARENT = f"00-{CALLER.trace}-{CALLER.span}-01"
HEADERS = {"Authorization": "Bearer admin:ann"}


class Api:
    """The API over the fakes, and what it traces."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        clock = ManualClock()
        ports = FakeApiPorts(clock=clock, repository=watched(InMemoryVideoRepository()), spans=self.exporter)
        self.driver = VideoDriver(ports.repository, clock)
        self.client = Client(create_app(ports))

    def ready_video(self) -> Video:
        return self.driver.finish(self.driver.upload())


@pytest.fixture
def api() -> Api:
    return Api()


def test_a_replay_links_to_the_new_run(api: Api) -> None:
    video = api.ready_video()
    answer = api.client.post(
        f"/v1/videos/{video.id}/replay", json={}, headers={**HEADERS, "traceparent": TRACEPARENT}
    )
    assert answer.status_code == 202
    (span,) = api.exporter.spans
    assert (span.ref.trace, span.parent, span.kind) == (CALLER.trace, CALLER, "server")
    assert span.ref.span != CALLER.span
    assert span.links == (span_of(video.id, "r2"),)
    assert span.links[0].trace == api.driver.video(video.id).trace
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/videos/<video_id>/replay",
        "http.response.status_code": 202,
    }


def test_a_request_without_a_trace_begins_one(api: Api) -> None:
    video = api.ready_video()
    api.client.post(f"/v1/videos/{video.id}/replay", json={}, headers={**HEADERS, "traceparent": "made up"})
    (span,) = api.exporter.spans
    assert span.parent is None
    assert len(span.ref.trace) == 32
    assert span.ref.trace != span.links[0].trace


def test_requests_that_begin_nothing_are_not_traced(api: Api) -> None:
    video = api.ready_video()
    assert api.client.get(f"/v1/videos/{video.id}", headers=HEADERS).status_code == 200
    assert api.client.delete(f"/v1/videos/{video.id}", headers=HEADERS).status_code == 200
    assert api.client.post("/v1/videos/none/replay", json={}, headers=HEADERS).status_code == 404
    assert api.exporter.spans == []


def test_a_requests_lines_are_in_the_callers_trace(api: Api) -> None:
    with captured_logs() as logs:
        api.client.get("/v1/videos", headers={**HEADERS, "traceparent": TRACEPARENT})
        api.client.get("/v1/videos", headers=HEADERS)
    first, second = (line for line in logs if line["event"] == "request")
    assert (first["trace"], first["span"]) == (CALLER.trace, CALLER.span)
    assert "trace" not in second
    assert set(LOG_LINES["request"]) <= first.keys()
