"""What every EventBus does, whoever delivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pytest
from google.pubsub_v1 import PublisherClient, ReceivedMessage, SubscriberClient

from infra.local.emulators import Emulator
from shared.adapters.local_bus import LocalBus
from shared.adapters.pubsub import PubsubEventBus
from shared.domain.events import Message, ObjectFinalized, VideoEvent, WorkRequested
from shared.domain.flow import Flow
from shared.domain.topology import subscriptions, topics
from shared.domain.wire import parse_delivery, pubsub_delivery
from shared.pipeline import load_flow
from shared.ports.event_bus import EventBus
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

Delivered: TypeAlias = tuple[str, str, Message | None]
"""Stage, message id and what the function understands."""


@dataclass
class Subject:
    """A bus and how to take everything off it."""

    bus: EventBus
    take: Callable[[], list[Delivered]]


Make: TypeAlias = Callable[[Flow], AbstractContextManager[Subject]]


@contextmanager
def in_memory(flow: Flow) -> Iterator[Subject]:
    bus = InMemoryEventBus(flow)

    def take() -> list[Delivered]:
        taken: list[Delivered] = []
        bus.drain(lambda stage, delivery: taken.append((stage, delivery.id, parse_delivery(delivery))))
        return taken

    yield Subject(bus, take)


@contextmanager
def local(path: Path, flow: Flow) -> Iterator[Subject]:
    with closing(LocalBus(path / "not yet there" / "bus.db", flow, ManualClock())) as bus:

        def take() -> list[Delivered]:
            taken: list[Delivered] = []
            while messages := bus.lease(10, 60.0):
                for message in messages:
                    taken.append((message.stage, message.delivery.id, parse_delivery(message.delivery)))
                    assert bus.ack(message)
            return taken

        yield Subject(bus, take)


@contextmanager
def pubsub_subscriptions(flow: Flow) -> Iterator[Subject]:
    """Pub/Sub with the topics and subscriptions of a flow, which are pulled here where they would be pushed."""
    project = f"p{uuid4().hex[:12]}"
    publisher, subscriber = PublisherClient(), SubscriberClient()
    for topic in topics(flow):
        publisher.create_topic(name=publisher.topic_path(project, topic))
    stages = [spec for spec in subscriptions(flow) if spec.function != "sweep"]
    for spec in stages:
        subscriber.create_subscription(
            name=subscriber.subscription_path(project, spec.name),
            topic=publisher.topic_path(project, spec.topic),
        )

    def take() -> list[Delivered]:
        taken: list[Delivered] = []
        for spec in stages:
            path = subscriber.subscription_path(project, spec.name)
            while pulled := pull(subscriber, path):
                for received in pulled:
                    message = received.message
                    content = (message.data, dict(message.attributes))
                    delivery = pubsub_delivery(spec.topic, message.message_id, content, "2026-01-01T00:00:00Z")
                    taken.append((spec.function, delivery.id, parse_delivery(delivery)))
        return taken

    with closing(PubsubEventBus(project)) as bus, publisher, subscriber:
        yield Subject(bus, take)


def pull(subscriber: SubscriberClient, path: str) -> Sequence[ReceivedMessage]:
    """Returns what is there and acknowledges it."""
    # Waiting is what Google recommends where messages may come from many servers. The emulator is one.
    with pytest.warns(DeprecationWarning, match="return_immediately"):
        response = subscriber.pull(subscription=path, max_messages=10, return_immediately=True)
    if ack_ids := [received.ack_id for received in response.received_messages]:
        subscriber.acknowledge(subscription=path, ack_ids=ack_ids)
    return response.received_messages


@pytest.fixture
def flow() -> Flow:
    """The chain alone, in which every topic has one consumer at most."""
    return replace(load_flow(), listeners=())


@pytest.fixture(params=["fake", "local", "pubsub"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    if request.param == "pubsub":
        emulator: Emulator = request.getfixturevalue("pubsub")
        for name, value in emulator.client_environment.items():
            monkeypatch.setenv(name, value)
        return pubsub_subscriptions
    return in_memory if request.param == "fake" else partial(local, tmp_path)


@pytest.fixture
def subject(make: Make, flow: Flow) -> Iterator[Subject]:
    with make(flow) as subject:
        yield subject


@pytest.fixture
def event() -> VideoEvent:
    repository = InMemoryVideoRepository()
    driver = VideoDriver(repository)
    driver.commit(driver.claim(driver.upload(), "ingest"))
    return repository.outbox()[-1]


def test_a_message_reaches_whoever_consumes_its_topic(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ingested", event)
    subject.bus.publish("upload-finalized", upload("ann/\n\u202e🎬.mp4"))

    taken = subject.take()
    assert sorted((stage, message) for stage, _, message in taken) == [
        ("ingest", upload("ann/\n\u202e🎬.mp4")),
        ("transcode", event),
    ]
    assert subject.take() == []


@pytest.mark.parametrize("make", ["fake", "local"], indirect=True)
def test_a_name_that_is_no_utf8_reaches_ingest(subject: Subject) -> None:
    """A folder may hold such a name. Cloud Storage can't, and Pub/Sub's attributes could not say it."""
    subject.bus.publish("upload-finalized", upload("ann/\udcff.mp4"))
    assert [message for _, _, message in subject.take()] == [upload("ann/\udcff.mp4")]


def test_what_nobody_consumes_is_accepted(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ready", event)
    subject.bus.publish("video-failed", event)

    assert subject.take() == []


def test_a_topic_may_have_several_consumers(make: Make, flow: Flow, event: VideoEvent) -> None:
    both = replace(flow, stages=(*flow.stages, replace(flow.stage("transcode"), stage="thumbnails")))
    with make(both) as subject:
        subject.bus.publish("video-ingested", event)
        assert [stage for stage, _, _ in subject.take()] == ["transcode", "thumbnails"]


@pytest.mark.reliability("B1")
def test_a_message_published_twice_comes_twice_under_two_ids(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ingested", event)
    subject.bus.publish("video-ingested", event)

    (_, first, one), (_, second, other) = subject.take()
    assert first != second
    assert one == other == event


class TestTakingBack:
    """Of an erased video, nothing waits any more; Pub/Sub can't give back, and says so."""

    @pytest.fixture(params=["fake", "local"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
        flow = load_flow()
        with in_memory(flow) if request.param == "fake" else local(tmp_path, flow) as subject:
            yield subject

    def test_nothing_about_it_waits_but_that_it_was_deleted(self, subject: Subject) -> None:
        driver = VideoDriver(InMemoryVideoRepository())
        names = ('ann/\udcff "objectId": 1.mp4', "ann/other.mp4")
        videos = [driver.upload(name) for name in names]
        events = [event for event in driver.repository.outbox() if event.type == "video-registered"]
        for name, event in zip(names, events, strict=True):
            subject.bus.publish("upload-finalized", upload(name))
            for topic in ("video-ingested", "video-deleted"):
                subject.bus.publish(topic, replace(event, type=topic))
        work = WorkRequested(type="delivery-due", document_id=f"x-{videos[0].id}", owner="ann")
        subject.bus.publish("delivery-due", work)

        subject.bus.take_back(videos[0])

        left = [told for _, _, told in subject.take()]
        about = [told.type for told in left if isinstance(told, VideoEvent) and told.video_id == videos[0].id]
        assert set(about) == {"video-deleted"}
        assert work not in left
        assert [told.name for told in left if isinstance(told, ObjectFinalized)] == [names[1]]
        others = {told.type for told in left if isinstance(told, VideoEvent) and told.video_id == videos[1].id}
        assert others == {"video-ingested", "video-deleted"}
