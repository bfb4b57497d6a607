from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shared.domain.attempt import Effort
from shared.domain.events import Message, SweepDue, VideoEvent, WorkRequested
from shared.domain.lifecycle.runs import event_about
from shared.domain.reservations import Import
from shared.domain.video import Video
from shared.domain.wire import sweep_due_message, to_pubsub
from shared.ports.dead_letters import DeadLetter
from shared.ports.document_store import Edit
from shared.runtime.dead_letters import Diagnosis, diagnose
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Deployment:
    """What diagnosing needs, without anything behind it."""

    driver: VideoDriver = field(default_factory=lambda: VideoDriver(InMemoryVideoRepository()))
    documents: InMemoryDocumentStore = field(default_factory=InMemoryDocumentStore)

    def __post_init__(self) -> None:
        self.repository, self.clock = self.driver.repository, self.driver.clock
        self.flow, self.lifecycle = self.driver.flow, self.driver.lifecycle

    def diagnosis(self, function: str, topic: str, message: Message) -> Diagnosis:
        data, attributes = to_pubsub(message)
        return diagnose(letter(function, topic, data, attributes), self)

    def event(self, video: Video, topic: str) -> VideoEvent:
        return event_about(video, topic, self.clock.now())


def letter(function: str, topic: str, data: bytes, attributes: dict[str, str] | None = None) -> DeadLetter:
    return DeadLetter(
        id="1",
        function=function,
        topic=topic,
        deliveries=5,
        published_at=NOW,
        data=data,
        attributes=attributes or {},
    )


def keep(edit: Edit[Import, None], _stored: Import | None) -> Edit[Import, None]:
    return edit


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


def test_what_a_video_waits_for_is_worth_delivering_and_says_why_it_was_refused(deployment: Deployment) -> None:
    driver = deployment.driver
    video = driver.commit(driver.claim(driver.upload(), "ingest"))
    claim = driver.claim(video, "transcode")
    release = driver.lifecycle.release(claim, driver.clock.now(), Effort(), "retry", "disk_full", "Full.")
    driver.repository.update(video.id, release)
    before = driver.video(video.id)

    found = deployment.diagnosis("transcode", "video-ingested", deployment.event(video, "video-ingested"))
    assert found == Diagnosis(
        about=f"{video.id} run 1", video_id=video.id, run=1, reason="[disk_full] Full.", settled=""
    )
    assert driver.video(video.id) == before, "looking changes nothing"


def test_an_upload_that_was_never_registered_is_worth_delivering(deployment: Deployment) -> None:
    found = deployment.diagnosis("ingest", "upload-finalized", upload("ann/new.mp4"))
    assert (found.about, found.run, found.settled) == ("uploads/ann/new.mp4", 1, "")
    assert deployment.repository.get(found.video_id) is None


def test_a_newer_version_of_an_upload_settles_the_older(deployment: Deployment) -> None:
    deployment.driver.upload("ann/a.mp4", generation=2)
    found = deployment.diagnosis("ingest", "upload-finalized", upload("ann/a.mp4", generation=1))
    assert "newer" in found.settled


def test_a_failed_video_needs_a_replay_of_its_own(deployment: Deployment) -> None:
    driver = deployment.driver
    video = driver.fail(driver.claim(driver.upload(), "ingest"))
    found = deployment.diagnosis("ingest", "upload-finalized", upload("ann/clip.mp4"))
    assert "[unsupported_container]" in found.settled
    assert f"automations replay {video.id}" in found.settled


@pytest.mark.parametrize(
    ("become", "settled"),
    [
        (lambda driver, video: driver.finish(video), "The video is ready."),
        (lambda driver, video: driver.replay(video), "Something newer took its place."),
        (lambda driver, video: driver.delete(video), "The video was deleted."),
        (
            lambda driver, video: driver.commit(driver.claim(video, "transcode")),
            "The stage is done with it.",
        ),
    ],
)
def test_what_nothing_would_come_of_says_so(deployment: Deployment, become: object, settled: str) -> None:
    driver = deployment.driver
    video = driver.commit(driver.claim(driver.upload(), "ingest"))
    event = deployment.event(video, "video-ingested")
    assert callable(become)
    become(driver, video)
    assert deployment.diagnosis("transcode", "video-ingested", event).settled == settled


def test_a_video_that_is_not_there(deployment: Deployment) -> None:
    video = deployment.driver.upload()
    event = replace(deployment.event(video, "video-ingested"), video_id="v" + "a" * 26)
    assert "no such run" in deployment.diagnosis("transcode", "video-ingested", event).settled


def test_a_task_is_worth_asking_for_as_long_as_it_is_due(deployment: Deployment) -> None:
    now = deployment.clock.now()
    task = Import(id="i", owner="ann", about="v1", url="https://x.example/a.mp4", created_at=now, due_at=now)
    asked = WorkRequested(type="import-requested", document_id="i", owner="ann")
    assert deployment.diagnosis("fetch", "import-requested", asked).settled == "It is done, or not due."
    for due_at, settled in ((now, ""), (now + timedelta(hours=1), "It is done, or not due.")):
        edit: Edit[Import, None] = Edit(answer=None, document=replace(task, due_at=due_at))
        deployment.documents.update(Import, "i", partial(keep, edit), owner="ann")
        found = deployment.diagnosis("fetch", "import-requested", asked)
        assert (found.video_id, found.settled) == ("v1", settled)


def test_an_announcement_for_a_listener_is_worth_delivering(deployment: Deployment) -> None:
    video = deployment.driver.upload()
    found = deployment.diagnosis("notify", "video-registered", deployment.event(video, "video-registered"))
    assert (found.video_id, found.run, found.settled) == (video.id, 1, "")


@pytest.mark.reliability("A38")
@pytest.mark.parametrize("data", [b"", b"\xff", b"{}", b'{"schema_version": 99}', b"[]"])
def test_what_can_not_be_understood_says_what_is_wrong_with_it(deployment: Deployment, data: bytes) -> None:
    found = diagnose(letter("tag", "video-analyzed", data), deployment)
    assert found.settled == "No function understands it."
    assert found.reason.startswith(("[bad_event]", "[unknown_version]"))


def test_a_message_without_an_origin_can_not_be_delivered(deployment: Deployment) -> None:
    found = deployment.diagnosis("", "", upload("ann/a.mp4"))
    assert "does not say which topic" in found.settled


def test_a_schedule_sends_another_one(deployment: Deployment) -> None:
    data, attributes = sweep_due_message(SweepDue(steps=("publish_leftovers",), within_s=60))
    found = diagnose(letter("sweep", "sweep-due", data, attributes), deployment)
    assert (found.about, found.settled) == ("publish_leftovers", "The schedule sends another one each time.")
    assert diagnose(letter("sweep", "sweep-due", b"?"), deployment).settled == "Sweep does not understand it."
