"""What every EventBus does, whoever delivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pytest

from shared.adapters.local_bus import LocalBus
from shared.domain.events import ObjectFinalized, VideoEvent
from shared.domain.flow import Flow
from shared.domain.wire import parse_delivery
from shared.pipeline import load_flow
from shared.ports.event_bus import EventBus
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

Delivered: TypeAlias = tuple[str, str, VideoEvent | ObjectFinalized | None]
"""Stage, message id and what the function understands."""


@dataclass
class Subject:
    """A bus and how to take everything off it."""

    bus: EventBus
    take: Callable[[], list[Delivered]]


def in_memory(_: Path, flow: Flow) -> Subject:
    bus = InMemoryEventBus(flow)

    def take() -> list[Delivered]:
        taken: list[Delivered] = []
        bus.drain(lambda stage, delivery: taken.append((stage, delivery.id, parse_delivery(delivery))))
        return taken

    return Subject(bus, take)


def local(path: Path, flow: Flow) -> Subject:
    bus = LocalBus(path / "not yet there" / "bus.db", flow, ManualClock())

    def take() -> list[Delivered]:
        taken: list[Delivered] = []
        while messages := bus.lease(10, 60.0):
            for message in messages:
                taken.append((message.stage, message.delivery.id, parse_delivery(message.delivery)))
                assert bus.ack(message)
        return taken

    return Subject(bus, take)


BUSES = {"fake": in_memory, "local": local}


@pytest.fixture
def flow() -> Flow:
    return load_flow()


@pytest.fixture(params=BUSES)
def subject(request: pytest.FixtureRequest, tmp_path: Path, flow: Flow) -> Iterator[Subject]:
    subject = BUSES[request.param](tmp_path, flow)
    yield subject
    if isinstance(subject.bus, LocalBus):
        subject.bus.close()


@pytest.fixture
def event() -> VideoEvent:
    repository = InMemoryVideoRepository()
    driver = VideoDriver(repository)
    driver.commit(driver.claim(driver.upload(), "ingest"))
    return repository.outbox()[0]


def test_a_message_reaches_whoever_consumes_its_topic(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ingested", event)
    subject.bus.publish("upload-finalized", upload("ann/\udcff\n.mp4"))

    taken = subject.take()
    assert [(stage, message) for stage, _, message in taken] == [
        ("transcode", event),
        ("ingest", upload("ann/\udcff\n.mp4")),
    ]
    assert subject.take() == []


def test_what_nobody_consumes_is_accepted(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ready", event)
    subject.bus.publish("video-failed", event)

    assert subject.take() == []


def test_a_topic_may_have_several_consumers(tmp_path: Path, flow: Flow, event: VideoEvent) -> None:
    both = replace(flow, stages=(*flow.stages, replace(flow.stage("transcode"), stage="thumbnails")))
    for make in BUSES.values():
        subject = make(tmp_path, both)
        subject.bus.publish("video-ingested", event)
        assert [stage for stage, _, _ in subject.take()] == ["transcode", "thumbnails"]
        if isinstance(subject.bus, LocalBus):
            subject.bus.close()


@pytest.mark.reliability("B1")
def test_a_message_published_twice_comes_twice_under_two_ids(subject: Subject, event: VideoEvent) -> None:
    subject.bus.publish("video-ingested", event)
    subject.bus.publish("video-ingested", event)

    (_, first, one), (_, second, other) = subject.take()
    assert first != second
    assert one == other == event
