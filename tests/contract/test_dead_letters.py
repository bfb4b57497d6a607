"""What all DeadLetters do, whoever keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pytest
from google.api_core.exceptions import PermissionDenied
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient

from infra.local.emulators import Emulator
from shared.adapters import pubsub_dead_letters
from shared.adapters.local_bus import LocalBus
from shared.adapters.local_dead_letters import LocalDeadLetters
from shared.adapters.pubsub_dead_letters import PubsubDeadLetters
from shared.domain.errors import ConfigurationError, PipelineError
from shared.domain.events import ObjectFinalized
from shared.domain.wire import parse_delivery, to_pubsub
from shared.pipeline import load_flow
from shared.ports.dead_letters import DeadLetter, DeadLetters, Disposal
from shared.testing.clock import ManualClock
from shared.testing.dead_letters import InMemoryDeadLetters, letters_in
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.logs import captured_logs
from shared.testing.videos import upload

FLOW = load_flow()
TOPIC, DELIVERIES = "upload-finalized", 5
PUBLISHED_AT = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)


@dataclass
class Subject:
    """Dead letters, how a message becomes one, and what ingest is given."""

    letters: DeadLetters
    bury: Callable[[ObjectFinalized], None]
    delivered: Callable[[], list[str]]


Make: TypeAlias = Callable[[], AbstractContextManager[Subject]]


@contextmanager
def in_memory() -> Iterator[Subject]:
    bus = InMemoryEventBus(FLOW)
    letters = InMemoryDeadLetters(bus)

    def bury(message: ObjectFinalized) -> None:
        data, attributes = to_pubsub(message)
        letters.letters.append(
            DeadLetter(
                id=str(len(letters.letters)),
                function="ingest",
                topic=TOPIC,
                deliveries=DELIVERIES,
                published_at=PUBLISHED_AT,
                data=data,
                attributes=attributes,
            )
        )

    def delivered() -> list[str]:
        names: list[str] = []
        bus.drain(lambda _function, delivery: names.append(name_of(parse_delivery(delivery))))
        return names

    yield Subject(letters, bury, delivered)


@contextmanager
def local(path: Path) -> Iterator[Subject]:
    clock = ManualClock(PUBLISHED_AT)
    with (
        closing(LocalBus(path, FLOW, clock, max_failures=DELIVERIES, chance=lambda: 0.0)) as bus,
        closing(LocalDeadLetters(path)) as letters,
    ):

        def bury(message: ObjectFinalized) -> None:
            bus.publish(TOPIC, message)
            for _ in range(DELIVERIES):
                (leased,) = bus.lease(1, 60.0)
                bus.nack(leased)

        def delivered() -> list[str]:
            names = []
            for leased in bus.lease(1000, 60.0):
                names.append(name_of(parse_delivery(leased.delivery)))
                bus.ack(leased)
            return names

        yield Subject(letters, bury, delivered)


@contextmanager
def pubsub_subscription() -> Iterator[Subject]:
    project = f"p{uuid4().hex[:12]}"
    publisher, subscriber = PublisherClient(), SubscriberClient()
    for topic in (TOPIC, "dead-letters"):
        publisher.create_topic(name=publisher.topic_path(project, topic))
        subscriber.create_subscription(
            name=subscriber.subscription_path(project, topic), topic=publisher.topic_path(project, topic)
        )

    def bury(message: ObjectFinalized) -> None:
        """Leaves what Pub/Sub leaves: tests/functional/test_redelivery.py lets the emulator do it, in 13 s."""
        data, attributes = to_pubsub(message)
        told = {
            "Subscription": f"ingest.{TOPIC}.candidate",
            "SubscriptionProject": project,
            "DeliveryCount": str(DELIVERIES),
            "TopicPublishTime": PUBLISHED_AT.isoformat().replace("+00:00", "Z"),
        }
        attributes |= {f"CloudPubSubDeadLetterSource{name}": value for name, value in told.items()}
        buried = PubsubMessage(data=data, attributes=attributes)
        publisher.publish(topic=publisher.topic_path(project, "dead-letters"), messages=[buried])

    def delivered() -> list[str]:
        names = []
        path = subscriber.subscription_path(project, TOPIC)
        with pytest.warns(DeprecationWarning, match="return_immediately"):
            pulled = subscriber.pull(subscription=path, max_messages=1000, return_immediately=True)
        for received in pulled.received_messages:
            assert not [name for name in received.message.attributes if name.startswith("CloudPubSub")]
            names.append(received.message.attributes["objectId"])
        if names:
            subscriber.acknowledge(subscription=path, ack_ids=[one.ack_id for one in pulled.received_messages])
        return names

    with closing(PubsubDeadLetters(project)) as letters, publisher, subscriber:
        yield Subject(letters, bury, delivered)


@pytest.fixture(params=["fake", "local", "pubsub"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    if request.param == "pubsub":
        emulator: Emulator = request.getfixturevalue("pubsub")
        for name, value in emulator.client_environment.items():
            monkeypatch.setenv(name, value)
        return pubsub_subscription
    return in_memory if request.param == "fake" else partial(local, tmp_path / "bus.db")


@pytest.fixture
def subject(make: Make) -> Iterator[Subject]:
    with make() as subject:
        yield subject


def name_of(message: object) -> str:
    assert isinstance(message, ObjectFinalized)
    return message.name


def names_in(letters: DeadLetters) -> list[str]:
    return sorted(letter.attributes["objectId"] for letter in letters_in(letters))


def bury(subject: Subject, *names: str) -> None:
    for name in names:
        subject.bury(upload(name))


def test_none_at_first(subject: Subject) -> None:
    assert letters_in(subject.letters) == []


def test_a_letter_says_where_it_comes_from_and_is_not_taken_away_by_looking(subject: Subject) -> None:
    subject.bury(upload("ann/a.mp4"))
    (first,), (second,) = letters_in(subject.letters), letters_in(subject.letters)
    assert first == second
    data, attributes = to_pubsub(upload("ann/a.mp4"))
    assert first == DeadLetter(
        id=first.id,
        function="ingest",
        topic=TOPIC,
        deliveries=DELIVERIES,
        published_at=PUBLISHED_AT,
        data=data,
        attributes=attributes,
    )
    assert subject.delivered() == []


def test_each_is_shown_once_however_many_there_are(subject: Subject) -> None:
    names = [f"ann/{number:03}.mp4" for number in range(230)]
    bury(subject, *names)
    assert names_in(subject.letters) == names
    assert len({letter.id for letter in letters_in(subject.letters)}) == len(names)


def test_each_goes_where_it_is_told_to(subject: Subject) -> None:
    bury(subject, "ann/kept.mp4", "ann/replayed.mp4", "ann/dropped.mp4")
    told: dict[str, Disposal] = {
        "ann/kept.mp4": "keep",
        "ann/replayed.mp4": "replay",
        "ann/dropped.mp4": "drop",
    }
    subject.letters.visit(lambda letter: told[letter.attributes["objectId"]])
    assert names_in(subject.letters) == ["ann/kept.mp4"]
    assert subject.delivered() == ["ann/replayed.mp4"]


def test_what_is_not_looked_at_stays(subject: Subject) -> None:
    bury(subject, "ann/a.mp4", "ann/b.mp4", "ann/c.mp4")
    told: Iterator[Disposal] = iter(["drop", "stop"])
    subject.letters.visit(lambda _letter: next(told))
    assert len(names_in(subject.letters)) == 2


def test_an_error_leaves_the_rest_for_the_next_look(subject: Subject) -> None:
    bury(subject, "ann/a.mp4", "ann/b.mp4")

    def refuse(letter: DeadLetter) -> Disposal:
        raise PipelineError("planted", letter.id)

    with pytest.raises(PipelineError, match="planted"):
        subject.letters.visit(refuse)
    assert names_in(subject.letters) == ["ann/a.mp4", "ann/b.mp4"]


class TestPubsub:
    """What only Pub/Sub can get into."""

    @pytest.fixture
    def subject(self, pubsub: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
        for name, value in pubsub.client_environment.items():
            monkeypatch.setenv(name, value)
        with pubsub_subscription() as subject:
            yield subject

    @pytest.mark.reliability("B6")
    def test_dying_between_publishing_and_taking_away_delivers_twice(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bury(subject, "ann/a.mp4")

        class Killed(BaseException):
            pass

        def die(self: SubscriberClient, **_arguments: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(SubscriberClient, "acknowledge", die)
            with pytest.raises(Killed):
                subject.letters.visit(lambda _letter: "replay")
        assert subject.delivered() == ["ann/a.mp4"]
        subject.letters.visit(lambda _letter: "replay")
        assert subject.delivered() == ["ann/a.mp4"]
        assert letters_in(subject.letters) == []

    def test_what_nobody_says_the_origin_of_is_shown_and_not_replayed(self, subject: Subject) -> None:
        with PublisherClient() as publisher:
            (topic,) = [one for one in topics_of(subject) if one.endswith("/dead-letters")]
            publisher.publish(topic=topic, messages=[PubsubMessage(data=b"?")])
        (letter,) = letters_in(subject.letters)
        assert replace(letter, published_at=PUBLISHED_AT) == DeadLetter(
            id=letter.id,
            function="",
            topic="",
            deliveries=None,
            published_at=PUBLISHED_AT,
            data=b"?",
            attributes={},
        )
        with pytest.raises(ConfigurationError, match="topic_unknown"):
            subject.letters.visit(lambda _letter: "replay")
        assert letters_in(subject.letters) == [letter]

    def test_not_giving_them_back_hides_no_error(self, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
        bury(subject, "ann/a.mp4", "ann/b.mp4")
        asked: list[int] = []

        def refuse_to_release(self: SubscriberClient, ack_deadline_seconds: int, **_arguments: object) -> None:
            asked.append(ack_deadline_seconds)
            if ack_deadline_seconds == 0:
                raise PermissionDenied("planted")

        def refuse(letter: DeadLetter) -> Disposal:
            raise PipelineError("the_first_error", letter.id)

        monkeypatch.setattr(SubscriberClient, "modify_ack_deadline", refuse_to_release)
        monkeypatch.setattr(pubsub_dead_letters, "_MOST_RELEASED", 1)
        with captured_logs() as lines, pytest.raises(PipelineError, match="the_first_error"):
            subject.letters.visit(refuse)
        assert asked.count(0) == [line["event"] for line in lines].count("dead_letters_held") == 2

    def test_without_the_subscription_it_says_what_to_create(
        self, pubsub: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in pubsub.client_environment.items():
            monkeypatch.setenv(name, value)
        with closing(PubsubDeadLetters("elsewhere")) as letters, pytest.raises(ConfigurationError, match="Create"):
            letters_in(letters)


def topics_of(subject: Subject) -> list[str]:
    assert isinstance(subject.letters, PubsubDeadLetters)
    with PublisherClient() as publisher:
        return [topic.name for topic in publisher.list_topics(project=f"projects/{subject.letters._bus._project}")]
