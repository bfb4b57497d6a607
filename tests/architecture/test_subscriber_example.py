"""The subscriber that README.md shows is run here, with the very text of the page, against Pub/Sub's emulator."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Timer
from uuid import uuid4

import pytest
from google.pubsub_v1 import PublisherClient

from infra.local.emulators import Emulator
from shared.adapters.pubsub import PubsubEventBus
from shared.domain.events import VideoEvent
from shared.domain.topology import topics
from shared.pipeline import load_flow
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

PAGE = (Path(__file__).parents[2] / "README.md").read_text()
FLOW = load_flow()


def test_it_tells_what_became_of_every_video(
    tmp_path: Path, pubsub: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pubsub.client_environment.items():
        monkeypatch.setenv(name, value)
    project = f"p{uuid4().hex[:12]}"
    with PublisherClient() as client:
        for topic in topics(FLOW):
            client.create_topic(name=client.topic_path(project, topic))
    script = tmp_path / "subscriber.py"
    script.write_text(_block())

    command = [sys.executable, "-W", "error", str(script), project, "ann"]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        watchdog = Timer(60.0, running.kill)  # reading what it prints would wait for ever
        watchdog.start()
        assert running.stdout.readline() == "listening\n"
        driver = VideoDriver(InMemoryVideoRepository())
        _live(driver)
        events = [event for event in driver.repository.outbox() if event.type in FLOW.announcements]
        _publish_in_disorder(project, events)
        mine = {event.event_id for event in events if event.owner == "ann"}
        told = [running.stdout.readline().split(maxsplit=3) for _ in mine]
        watchdog.cancel()
        running.kill()

    states = {video_id: (int(run), topic, failure) for video_id, run, topic, *failure in told}
    assert sorted((run, topic) for run, topic, _ in states.values()) == [
        (1, "video-deleted"),
        (1, "video-failed"),
        (1, "video-transcoded"),
        (2, "video-ready"),
    ]
    ((failure,),) = [text for _, topic, text in states.values() if topic == "video-failed"]
    assert "unsupported_container" in failure


def _block() -> str:
    (block,) = re.findall(r"```python\n(# subscriber\.py .*?)```", PAGE, re.DOTALL)
    return str(block)


def _live(driver: VideoDriver) -> None:
    """Has videos end in every way there is, and one of somebody else."""
    replayed = driver.finish(driver.upload("ann/replayed.mp4"))
    driver.finish(driver.replay(replayed, "analyze"))
    driver.fail(driver.claim(driver.upload("ann/failed.mp4"), "ingest"))
    driver.delete(driver.finish(driver.upload("ann/deleted.mp4")))
    under_way = driver.commit(driver.claim(driver.upload("ann/under-way.mp4"), "ingest"))
    driver.commit(driver.claim(under_way, "transcode"))
    driver.finish(driver.upload("bob/ready.mp4"))


def _publish_in_disorder(project: str, events: list[VideoEvent]) -> None:
    doubled = events * 2
    random.Random(0).shuffle(doubled)
    with closing(PubsubEventBus(project)) as bus:
        for event in doubled:
            bus.publish(event.type, event)


def test_it_knows_every_topic() -> None:
    (steps,) = re.findall(r"^STEPS = \[(.*?)\]$", _block(), re.MULTILINE | re.DOTALL)
    assert tuple(f"video-{step}" for step in re.findall(r'"(\w+)"', steps)) == FLOW.announcements
