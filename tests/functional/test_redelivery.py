"""A function behind a real push subscription: what is acknowledged, what comes again, what becomes a dead letter.

Pub/Sub is Google's emulator, the function is served as functions-framework does; its stage's work is not real.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import pytest
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from werkzeug.serving import make_server
from werkzeug.test import Client

from functions.transcode.stage import TranscodeStage
from infra.local.emulators import Emulator
from shared.bootstrap import Bootstrap
from shared.domain.errors import TransientError
from shared.domain.topology import DEAD_LETTER_TOPIC, subscriptions
from shared.domain.video import Video
from shared.domain.wire import to_pubsub
from shared.pipeline import load_flow
from shared.processors.stage import StageContext, StageOutcome
from shared.testing.driver import VideoDriver

(SPEC,) = [one for one in subscriptions(load_flow()) if one.function == "transcode"]
WAIT_S = 30.0


@dataclass
class Deployment:
    """The transcode function, its topic, its subscription and the dead letters."""

    project: str
    video: Video
    wiring: Bootstrap
    statuses: SimpleQueue[int] = field(default_factory=SimpleQueue)
    publisher: PublisherClient = field(default_factory=PublisherClient)
    subscriber: SubscriberClient = field(default_factory=SubscriberClient)

    def topic(self, name: str) -> str:
        return f"projects/{self.project}/topics/{name}"

    @property
    def dead_letters(self) -> str:
        return f"projects/{self.project}/subscriptions/dead-letters"

    def create(self, url: str) -> None:
        """Makes topics and subscriptions as the topology says, but has a message come again after a second."""
        for name in (SPEC.topic, DEAD_LETTER_TOPIC):
            self.publisher.create_topic(name=self.topic(name))
        self.subscriber.create_subscription(name=self.dead_letters, topic=self.topic(DEAD_LETTER_TOPIC))
        self.subscriber.create_subscription(
            request={
                "name": f"projects/{self.project}/subscriptions/{SPEC.name}",
                "topic": self.topic(SPEC.topic),
                "push_config": {"push_endpoint": url},
                "ack_deadline_seconds": 10,
                "dead_letter_policy": {
                    "dead_letter_topic": self.topic(DEAD_LETTER_TOPIC),
                    "max_delivery_attempts": SPEC.max_delivery_attempts,
                },
            }
        )

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        self.publisher.publish(
            topic=self.topic(SPEC.topic), messages=[PubsubMessage(data=data, attributes=attributes)]
        )

    def announce(self) -> None:
        """Sends the event that transcode waits for."""
        event = self.wiring.lifecycle.redrive(self.video)
        assert event is not None
        self.publish(*to_pubsub(event))

    def answers(self, count: int) -> list[int]:
        """Returns the statuses of the next deliveries."""
        return [self.statuses.get(timeout=WAIT_S) for _ in range(count)]

    def dead_letter(self) -> PubsubMessage:
        """Waits for a dead letter."""
        (received,) = self.subscriber.pull(
            subscription=self.dead_letters, max_messages=1, timeout=WAIT_S
        ).received_messages
        self.subscriber.acknowledge(subscription=self.dead_letters, ack_ids=[received.ack_id])
        return received.message


@pytest.fixture
def deployment(
    tmp_path: Path,
    pubsub: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    entry_point: Callable[[str], Client],
) -> Iterator[Deployment]:
    for name, value in pubsub.client_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(TranscodeStage, "run", lambda _stage, _context: StageOutcome())
    wiring = Bootstrap()
    driver = VideoDriver(wiring.repository)
    video = driver.commit(driver.claim(driver.upload(), "ingest"))
    deployment = Deployment(f"p{uuid4().hex[:12]}", video, wiring)
    with (
        serving(entry_point("transcode"), deployment.statuses) as url,
        deployment.publisher,
        deployment.subscriber,
    ):
        deployment.create(url)
        yield deployment


@contextmanager
def serving(function: Client, statuses: SimpleQueue[int]) -> Iterator[str]:
    """Serves a function on loopback and notes how it answers."""

    def noting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, *rest: Any) -> Any:
            statuses.put(int(status.split()[0]))
            return start_response(status, *rest)

        body: Iterable[bytes] = function.application(environ, start)
        return body

    server = make_server("127.0.0.1", 0, noting, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.reliability("A38")
def test_what_is_refused_comes_again_until_it_is_done_or_a_dead_letter(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([TransientError("no_memory", "The tool ran out of memory.")])

    def work(_stage: TranscodeStage, _context: StageContext) -> StageOutcome:
        for refusal in refusals:
            raise refusal
        return StageOutcome()

    monkeypatch.setattr(TranscodeStage, "run", work)
    deployment.announce()
    assert deployment.answers(2) == [503, 204]

    attributes = {"type": "video-ingested", "video_id": deployment.video.id}
    deployment.publish(b"nonsense", attributes)
    assert deployment.answers(SPEC.max_delivery_attempts) == [400] * SPEC.max_delivery_attempts
    letter = deployment.dead_letter()
    assert letter.data == b"nonsense"
    assert attributes.items() <= dict(letter.attributes).items()
    # That took longer than it takes for a message that was not acknowledged to come again.
    assert deployment.statuses.empty()


@pytest.mark.reliability("B23")
def test_a_video_that_is_never_done_fails_by_our_own_count_before_it_is_a_dead_letter(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_stage: TranscodeStage, _context: StageContext) -> StageOutcome:
        raise TransientError("no_memory", "The tool ran out of memory.")

    monkeypatch.setattr(TranscodeStage, "run", work)
    deployment.announce()
    assert deployment.answers(4) == [503, 503, 503, 204]
    failed = deployment.wiring.repository.get(deployment.video.id)
    assert failed is not None
    assert failed.failure is not None
    assert failed.failure.code == "poison"


@pytest.mark.reliability("A38")
def test_an_unsigned_push_is_a_dead_letter_that_nothing_was_done_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator signs nothing. The function reads its settings at its first delivery."""
    monkeypatch.setenv("AUTOMATIONS_PUSH_AUDIENCE", "https://transcode.example.run.app")
    monkeypatch.setenv("AUTOMATIONS_PUSH_SERVICE_ACCOUNT", "pusher@demo.iam.gserviceaccount.com")
    deployment.announce()
    assert deployment.answers(SPEC.max_delivery_attempts) == [401] * SPEC.max_delivery_attempts
    assert json.loads(deployment.dead_letter().data)["video_id"] == deployment.video.id
    assert deployment.wiring.repository.get(deployment.video.id) == deployment.video
