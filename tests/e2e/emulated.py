"""`automations up --on emulators` as its outside sees it: Google's clients, the API, the processes."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client as StorageClient
from google.pubsub_v1 import PublisherClient, PubsubMessage, ReceivedMessage, SubscriberClient

from infra.local.emulators import PROJECT
from infra.local.emulators.announcement import announced_environment
from shared.bootstrap import Bootstrap
from shared.domain.clips import Clip
from shared.domain.identity import object_prefix, video_id_of
from shared.domain.status import TERMINAL
from shared.domain.topology import DEAD_LETTER_TOPIC
from shared.domain.video import Video
from shared.environment import load_settings
from tests.emulators import require_emulators

ROOT = Path(__file__).parents[2]


@dataclass
class Up:
    """One life of the command; leaving it kills what is still there.

    Attributes:
        process: It.
        api_url: Where it says that the API is.
        environment: What it says makes other programs use the emulators.
    """

    process: subprocess.Popen[str]
    api_url: str
    environment: Mapping[str, str]

    @classmethod
    def start(cls, data_dir: Path, log: Path) -> Up:
        command = [sys.executable, "-m", "infra.local.cli", "up", "--on", "emulators", "--port", "0"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "--data-dir", str(data_dir)], cwd=ROOT, stdout=output, stderr=output, text=True
            )
        wait_for(lambda: "Ctrl-C stops" in log.read_text() or process.poll() is not None, 90, log.read_text)
        assert process.poll() is None, log.read_text()
        environment = announced_environment(data_dir)
        assert environment is not None
        api_url = next(line.split()[1] for line in log.read_text().splitlines() if line.startswith("API"))
        return cls(process, api_url, environment)

    def __enter__(self) -> Up:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def started(self) -> list[psutil.Process]:
        """Returns everything it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def parts(self, *words: str) -> list[psutil.Process]:
        """Returns what runs for one function or emulator, without what keeps it; waits until it is there."""
        found: list[psutil.Process] = []

        def look() -> bool:
            for keeper in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.Error):  # it ends just now
                    if all(word in keeper.cmdline() for word in words):
                        found[:] = keeper.children(recursive=True)
            return len(found) >= 2

        wait_for(look, 30, lambda: f"nothing runs for {words}")
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@dataclass
class Outsider:
    """Somebody who uploads with Google's client and subscribes to every topic with a pull subscription."""

    wiring: Bootstrap
    messages: dict[str, list[PubsubMessage]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.buckets = StorageClient(PROJECT, AnonymousCredentials())
        self.publisher = PublisherClient()
        self.subscriber = SubscriberClient()
        for topic in self.wiring.flow.topics:
            self.subscriber.create_subscription(
                name=self._subscription(topic), topic=self.publisher.topic_path(PROJECT, topic)
            )

    def close(self) -> None:
        self.buckets.close()
        self.publisher.transport.close()
        self.subscriber.transport.close()

    def upload(self, name: str, file: Path) -> str:
        """Uploads a file and returns its video's id."""
        bucket = self.wiring.settings.upload_bucket
        self.buckets.bucket(bucket).blob(name).upload_from_filename(str(file))
        return video_id_of(bucket, name)

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> None:
        message = PubsubMessage(data=data, attributes=dict(attributes))
        self.publisher.publish(topic=self.publisher.topic_path(PROJECT, topic), messages=[message])

    def received(self, topic: str) -> Sequence[PubsubMessage]:
        """Returns everything that was ever published on a topic."""
        known = self.messages.setdefault(topic, [])
        known += self._pull(self._subscription(topic))
        return known

    def dead_letters(self) -> Sequence[PubsubMessage]:
        known = self.messages.setdefault(DEAD_LETTER_TOPIC, [])
        name = self.subscriber.subscription_path(PROJECT, DEAD_LETTER_TOPIC)
        known += self._pull(name)
        return known

    def video(self, video_id: str) -> Video:
        video = self.wiring.repository.get(video_id)
        assert video is not None, f"{video_id} is not there"
        return video

    def _subscription(self, topic: str) -> str:
        return self.subscriber.subscription_path(PROJECT, f"outsider.{topic}")

    def _pull(self, subscription: str) -> Iterator[PubsubMessage]:
        while batch := self._batch(subscription):
            self.subscriber.acknowledge(subscription=subscription, ack_ids=[item.ack_id for item in batch])
            yield from (item.message for item in batch)

    def _batch(self, subscription: str) -> Sequence[ReceivedMessage]:
        # Emulated pulls that a client gave up go on waiting, and the next message is given to them.
        with pytest.warns(DeprecationWarning, match="return_immediately"):
            pulled = self.subscriber.pull(subscription=subscription, max_messages=1000, return_immediately=True)
        return list(pulled.received_messages)


@contextlib.contextmanager
def emulated(data_dir: Path, settings: Mapping[str, str]) -> Iterator[tuple[Up, Outsider]]:
    """Runs the command with these settings, and makes this process a client of the same emulators."""
    require_emulators()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        with Up.start(data_dir, data_dir.with_suffix(".log")) as up:
            for name, value in up.environment.items():
                patch.setenv(name, value)
            outsider = Outsider(Bootstrap(load_settings()))
            yield up, outsider
            outsider.close()
            assert up.stop() == 0


def wait_for(
    condition: Callable[[], bool], timeout_s: float, what: Callable[[], object], every_s: float = 0.1
) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(every_s)


def all_videos(wiring: Bootstrap) -> Sequence[Video]:
    return wiring.repository.list_videos(limit=200).videos


def settled(outsider: Outsider) -> bool:
    """Tells whether nothing is left to do: every upload's video has ended, all is announced and cleared away."""
    wiring = outsider.wiring
    uploads = {
        video_id_of(stored.ref.bucket, stored.ref.name)
        for stored in wiring.blobs.list_objects(wiring.settings.upload_bucket)
    }
    ended = {video.id for video in all_videos(wiring) if video.status in TERMINAL}
    return uploads <= ended and not wiring.repository.outbox() and not wiring.repository.unswept()


def assert_nothing_lost_doubled_or_stuck(outsider: Outsider, timeout_s: float) -> None:
    """Waits until nothing is left to do, and checks what is there and what was told to the world."""
    wiring = outsider.wiring
    wait_for(lambda: settled(outsider), timeout_s, lambda: all_videos(wiring), every_s=0.5)
    messages = [message for topic in wiring.flow.topics[1:] for message in outsider.received(topic)]
    told = [_event(message) for message in messages if "event_id" in message.attributes]
    for video in all_videos(wiring):
        assert video.lease is None, video
        assert video.status == "ready" or (video.failure and video.failure.reason), video
        attempts = wiring.repository.attempts(video.id)
        assert "running" not in {attempt.outcome for attempt in attempts}, attempts
        succeeded = [(attempt.run, attempt.stage) for attempt in attempts if attempt.outcome == "succeeded"]
        assert len(succeeded) == len(set(succeeded)), attempts
        assert {stage for run, stage in succeeded if run == video.run} == set(video.results), attempts
        announced = {(type_, run) for video_id, type_, run, _ in told if video_id == video.id}
        assert (f"video-{video.status}", video.run) in announced, (video, announced)
        prefix = object_prefix(video.id)
        clips = {clip.file.name for clip in wiring.documents.about(Clip, video.id) if clip.file}
        names = {item.ref.name for item in wiring.blobs.list_objects(wiring.settings.media_bucket, prefix)}
        stored = {"/".join(name.removeprefix(prefix).split("/")[:2]) for name in names - clips}
        assert stored <= set(video.results.values()), f"leftovers of attempts that do not count: {stored}"
    ids = {(video_id, type_, run): event_id for video_id, type_, run, event_id in told}
    assert len(ids) == len(set(told)), "one event was told under two ids"


def _event(message: PubsubMessage) -> tuple[str, str, int, str]:
    body = json.loads(message.data)
    return body["video_id"], body["type"], body["run"], body["event_id"]
