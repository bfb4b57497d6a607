"""Publishers: told at least once, under one key, whatever happens on the way, and none holds up another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.notify.stage import Notifier
from functions.sweep.stage import Sweeper
from shared.domain.publications import Publication
from shared.domain.records import Tag
from shared.domain.video import TagEdit, Video
from shared.domain.webhooks import RETRY_DELAYS_S
from shared.domain.wire import Delivery
from shared.pipeline import load_flow
from shared.processors.publisher import Announced, Publisher
from shared.runtime.deletion import delete_video
from shared.runtime.editing import edit_video
from shared.runtime.outbox import publish_outbox
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.videos import tag
from tests.api_ports import FakeApiPorts

NO_PORTS: Any = None


class Ledger(Publisher):
    """Remembers what it is told, and fails as often as a test wants."""

    name = "ledger"
    version = "1"

    def __init__(self) -> None:
        super().__init__(NO_PORTS)
        self.told: list[tuple[str, str, tuple[str, ...]]] = []
        self.fails = 0

    def publish(self, announced: Announced) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the other system is down")
        labels = tuple(sorted(tag.label for tag in announced.records(Tag)))
        self.told.append((announced.key, announced.event.type, labels))


class Failures(Ledger):
    """Wants to know of failed videos only."""

    name = "failures"
    inputs = frozenset({"video-failed"})


class Published:
    """The functions that tell publishers, over the fakes."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = InMemoryEventBus(load_flow())
        self.ports = FakeApiPorts(clock=self.clock, bus=self.bus)
        self.driver = VideoDriver(self.ports.repository, self.clock)
        self.ledger, self.failures = Ledger(), Failures()
        self.notifier = Notifier(self.ports, publishers=[self.ledger, self.failures])

    def deliver(self, copies: int = 1) -> None:
        """Publishes what is in the outbox, and delivers everything to the notifier."""
        for video_id in {event.video_id for event in self.ports.repository.outbox()}:
            publish_outbox(self.ports.repository, self.bus, video_id=video_id)

        def handle(function: str, delivery: Delivery) -> None:
            if function == "notify":
                for _ in range(copies):
                    self.notifier.handle(delivery)

        self.bus.drain(handle)

    def later(self, seconds: float) -> None:
        """Lets time pass, and sweep look for what is due."""
        self.clock.advance(seconds)
        Sweeper(self.ports).run(["request_due_work"])
        self.deliver()

    def ready(self, *labels: str) -> Video:
        video = self.driver.upload()
        return self.driver.finish(video, {"tag": [tag(label) for label in labels]})

    def kept(self) -> list[Publication]:
        return list(self.ports.documents.owned(Publication, owner="ann"))


@pytest.fixture
def published() -> Published:
    return Published()


def what(ledger: Ledger) -> list[tuple[str, tuple[str, ...]]]:
    return [(event, labels) for _, event, labels in ledger.told]


def test_it_is_told_once_of_what_it_wants_however_often_that_is_announced(published: Published) -> None:
    published.ready("train")
    published.deliver(copies=3)
    for told in [told for told in published.bus.published if told.topic == "video-ready"]:
        published.bus.publish(told.topic, told.message)
    published.later(3600)

    assert what(published.ledger) == [("video-ready", ("train",))]
    assert published.failures.told == []
    failed = published.driver.upload("ann/other.mp4")
    published.driver.fail(published.driver.claim(failed, "ingest"))
    published.deliver()
    assert what(published.ledger)[1:] == what(published.failures) == [("video-failed", ())]
    published.later(timedelta(days=31).total_seconds())
    assert published.kept() == []


def edited(edit: TagEdit, video: Video) -> Video:
    return replace(video, tag_edits=(*video.tag_edits, edit))


def test_each_correction_is_told(published: Published) -> None:
    video = published.ready("train")
    for label in ("sea", "snow"):
        edit = TagEdit(label=label, kind="topic", present=True, by="ann")

        edit_video(
            published.ports.repository,
            published.driver.lifecycle,
            published.clock,
            video.id,
            partial(edited, edit),
        )
        published.deliver(copies=2)

    assert what(published.ledger) == [
        ("video-ready", ("sea", "train")),
        ("video-corrected", ("sea", "train")),
        ("video-corrected", ("sea", "snow", "train")),
    ]
    assert len({key for key, _, _ in published.ledger.told}) == 3


def test_one_that_fails_is_told_again_under_the_same_key_and_holds_up_nobody(published: Published) -> None:
    published.ledger.fails = 2
    failed = published.driver.upload()
    published.driver.fail(published.driver.claim(failed, "ingest"))
    published.deliver()
    assert published.ledger.told == []
    assert what(published.failures) == [("video-failed", ())]
    (waiting,) = (one for one in published.kept() if one.publisher == "ledger")
    assert (waiting.state, waiting.error) == ("pending", "RuntimeError: the other system is down")

    published.later(RETRY_DELAYS_S[0])
    assert published.ledger.told == []
    published.later(RETRY_DELAYS_S[1])
    assert [key for key, _, _ in published.ledger.told] == [key for key, _, _ in published.failures.told]
    published.later(3600)
    assert len(published.ledger.told) == 1


def test_it_is_given_up_after_a_day(published: Published) -> None:
    published.ledger.fails = 100
    published.ready()
    published.deliver()
    for delay_s in RETRY_DELAYS_S:
        published.later(delay_s)
    (given_up,) = published.kept()
    assert (given_up.state, given_up.failures) == ("failed", len(RETRY_DELAYS_S) + 1)
    published.ledger.fails = 0
    published.later(3600)
    assert published.ledger.told == []


def test_of_a_deleted_video_it_is_told_that_and_nothing_else(published: Published) -> None:
    published.ledger.fails = 1
    video = published.ready("secret")
    published.deliver()
    delete_video(published.ports, video.id, "media")
    published.later(RETRY_DELAYS_S[0])

    assert what(published.ledger) == [("video-deleted", ())]
    (left,) = published.kept()
    assert left.about == ""


def test_what_is_no_longer_selected_is_forgotten(published: Published) -> None:
    published.ledger.fails = 1
    published.ready()
    published.deliver()
    published.notifier = Notifier(published.ports)
    published.later(RETRY_DELAYS_S[0])

    assert published.kept() == []
