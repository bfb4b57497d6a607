"""How publishing ends, with Google's real client against a server that answers as each test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import active_count

import grpc
import pytest
from google.auth.exceptions import DefaultCredentialsError
from google.pubsub_v1 import PublishRequest, PublishResponse
from pytest_mock import MockerFixture

from shared.adapters.pubsub import MAX_MESSAGE_BYTES, RETRY, PubsubEventBus
from shared.domain.errors import ConfigurationError, TransientError
from shared.domain.events import VideoEvent
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository


@dataclass
class Server:
    """Pub/Sub as it may be: answers with these statuses in turn, then accepts."""

    statuses: list[grpc.StatusCode] = field(default_factory=list)
    published: list[PublishRequest] = field(default_factory=list)

    def publish(self, request: PublishRequest, context: grpc.ServicerContext) -> PublishResponse:
        if self.statuses:
            context.abort(self.statuses.pop(0), "as the test says")
        self.published.append(request)
        return PublishResponse(message_ids=["1"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    behaviour = Server()
    method = grpc.unary_unary_rpc_method_handler(
        behaviour.publish,
        request_deserializer=PublishRequest.deserialize,
        response_serializer=PublishResponse.serialize,
    )
    with ThreadPoolExecutor(2) as threads:
        running = grpc.server(threads)
        running.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": method})]
        )
        port = running.add_insecure_port("127.0.0.1:0")
        running.start()
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
        yield behaviour
        running.stop(None).wait()


@pytest.fixture
def bus(server: Server) -> Iterator[PubsubEventBus]:
    bus = PubsubEventBus("demo")
    yield bus
    bus.close()


@pytest.fixture
def event() -> VideoEvent:
    driver = VideoDriver(InMemoryVideoRepository())
    driver.commit(driver.claim(driver.upload(), "ingest"))
    return driver.repository.outbox()[-1]


def test_a_message_is_stored_when_publish_returns(bus: PubsubEventBus, server: Server, event: VideoEvent) -> None:
    bus.publish("video-ingested", event)
    (request,) = server.published
    assert request.topic == "projects/demo/topics/video-ingested"
    (message,) = request.messages
    assert json.loads(message.data)["event_id"] == event.event_id
    assert dict(message.attributes) == {
        "type": "video-ingested",
        "schema_version": "1",
        "event_id": event.event_id,
        "video_id": event.video_id,
        "owner": "ann",
    }
    assert message.ordering_key == ""


def test_publishing_leaves_no_thread_behind(bus: PubsubEventBus, event: VideoEvent) -> None:
    bus.publish("video-ingested", event)
    before = active_count()
    for _ in range(20):
        bus.publish("video-ingested", event)
    assert active_count() <= before + 1  # the server's second


@pytest.mark.parametrize(
    "status",
    [
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNKNOWN,
    ],
)
def test_a_hiccup_is_not_noticed(
    bus: PubsubEventBus, server: Server, event: VideoEvent, status: grpc.StatusCode
) -> None:
    server.statuses = [status]
    bus.publish("video-ingested", event)
    assert len(server.published) == 1


@pytest.mark.reliability("B19")
def test_an_outage_leaves_the_event_to_be_published_later(
    bus: PubsubEventBus, server: Server, event: VideoEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.pubsub.RETRY", RETRY.with_timeout(0.3))
    server.statuses = [grpc.StatusCode.UNAVAILABLE] * 100
    with pytest.raises(TransientError, match="publish_failed"):
        bus.publish("video-ingested", event)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.NOT_FOUND, "topic_missing"),
        (grpc.StatusCode.PERMISSION_DENIED, "publish_denied"),
        (grpc.StatusCode.UNAUTHENTICATED, "publish_denied"),
        (grpc.StatusCode.FAILED_PRECONDITION, "publish_refused"),
        (grpc.StatusCode.INVALID_ARGUMENT, "publish_refused"),
    ],
)
def test_what_only_people_can_mend_is_said_at_once(
    bus: PubsubEventBus, server: Server, event: VideoEvent, status: grpc.StatusCode, code: str
) -> None:
    server.statuses = [status]
    with pytest.raises(ConfigurationError, match="video-ingested") as error:
        bus.publish("video-ingested", event)
    assert error.value.code == code
    assert server.statuses == []


def test_what_is_too_large_to_be_an_event_is_not_sent(
    bus: PubsubEventBus, server: Server, event: VideoEvent
) -> None:
    with pytest.raises(ValueError, match=f"more than {MAX_MESSAGE_BYTES}"):
        bus.publish("video-ingested", replace(event, owner="a" * MAX_MESSAGE_BYTES))
    assert server.published == []


def test_without_credentials_it_is_the_deployment_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture
) -> None:
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    mocker.patch("google.auth.default", side_effect=DefaultCredentialsError("none found"))
    with pytest.raises(ConfigurationError, match="none found"):
        PubsubEventBus("demo")
