from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from pytest_mock import MockerFixture

from functions.sweep.pace import Pace
from functions.sweep.stage import STEPS, Sweeper
from shared.domain.audit import AuditEntry
from shared.domain.change import Claim
from shared.domain.clip_choice import ClipChoice
from shared.domain.clips import CLIP_REQUESTED, new_clip
from shared.domain.errors import ConfigurationError, PermanentError, TransientError
from shared.domain.events import ObjectFinalized, VideoEvent, WorkRequested
from shared.domain.exports import EXPORT_REQUESTED, new_export
from shared.domain.flow import Flow
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.domain.identity import memo_key, result_key, video_id_of
from shared.domain.measures import LOG_LINES
from shared.domain.records import Artifact, ObjectRef
from shared.domain.reservations import IMPORT_REQUESTED, Import, Upload
from shared.domain.tasks import TASKS
from shared.domain.video import Video
from shared.domain.webhooks import DELIVERY_DUE, WebhookDelivery
from shared.domain.wire import Delivery, pubsub_delivery
from shared.logs import bound_fields
from shared.pipeline import load_flow
from shared.ports.document_store import Document, Edit
from shared.runtime.leftovers import clear_leftovers
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.logs import captured_logs
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository

FLOW = load_flow()
NAME = "ann/clip.mp4"
VIDEO_ID = video_id_of("uploads", NAME)


@dataclass
class FakeSweepPorts:
    """Implements SweepPorts over the fakes."""

    file: Path
    repository: InMemoryVideoRepository = field(default_factory=InMemoryVideoRepository)
    documents: InMemoryDocumentStore = field(default_factory=InMemoryDocumentStore)
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    links: NamingLinks = field(default_factory=NamingLinks)
    clock: ManualClock = field(default_factory=ManualClock)
    settings: Settings = field(default_factory=Settings)
    flow: Flow = FLOW
    jobs: None = None

    def __post_init__(self) -> None:
        self.driver = VideoDriver(self.repository, self.clock, self.flow)
        self.lifecycle = self.driver.lifecycle

    def upload(self, name: str = NAME) -> ObjectFinalized:
        """Stores a source and returns its announcement, which nobody has heard."""
        ref = self.blobs.put("uploads", name, self.file, "video/mp4")
        return ObjectFinalized(
            bucket=ref.bucket,
            name=ref.name,
            generation=ref.generation,
            size_bytes=ref.size_bytes,
            content_type=ref.content_type,
        )

    def leave(self, claim: Claim) -> ObjectRef:
        """Writes an output of an attempt."""
        return self.blobs.put("media", f"videos/{claim.video.id}/{claim.key}/out.mp4", self.file, "video/mp4")

    def finish(self, name: str = NAME) -> Video:
        """Takes a video through all stages, with an attempt before the first one that died."""
        video = self.driver.register(self.upload(name))
        self.leave(self.driver.claim(video, "ingest"))
        self.clock.advance(LEASE_S)
        for spec in self.flow.stages:
            claim = self.driver.claim(video, spec.stage)
            video = self.driver.commit(claim, [Artifact(role="poster", object=self.leave(claim))])
        self.repository.mark_published([event.event_id for event in self.repository.outbox()])
        return video

    def outputs(self) -> list[str]:
        """Returns the keys of the result sets of the usual video that have objects."""
        names = [found.ref.name for found in self.blobs.list_objects("media", f"videos/{VIDEO_ID}/")]
        return ["/".join(name.split("/")[2:4]) for name in names]

    def keep(self, task: Document) -> None:
        """Stores something to do."""
        self.documents.update(type(task), task.id, lambda _none: Edit(answer=None, document=task), owner=None)

    def requested(self) -> list[str]:
        """Returns the ids of what somebody was told to do."""
        messages = [published.message for published in self.bus.published]
        return [message.document_id for message in messages if isinstance(message, WorkRequested)]

    def topics(self) -> list[str]:
        return [published.topic for published in self.bus.published]

    def leave_something_for_every_step(self) -> None:
        """Has an upload that nobody heard of, a stalled video, one to clear, an event, a task and what expires."""
        self.settings = Settings(retention_days=30)
        self.finish("ann/old.mp4")
        self.driver.upload("ann/stalled.mp4")
        self.upload("ann/unheard-of.mp4")
        now = self.clock.now()
        self.keep(new_export("ann", now))
        self.keep(
            Upload(
                id="u1",
                owner="ann",
                about="never-came",
                object="ann/never-came.mp4",
                size_bytes=7,
                content_type="video/mp4",
                crc32c=None,
                replaces=0,
                url="",
                created_at=now,
            )
        )
        self.clock.advance(31 * 86400)

    def everything(self) -> object:
        """Returns all that steps may change."""
        videos = self.repository.list_videos().videos
        uploads = self.documents.owned(Upload, owner="ann")
        return videos, self.repository.outbox(), uploads, len(self.bus.published), self.outputs()


@pytest.fixture
def ports(tmp_path: Path) -> FakeSweepPorts:
    file = tmp_path / "file"
    file.write_bytes(b"content")
    return FakeSweepPorts(file)


@pytest.mark.reliability("B5", "B19")
def test_publishes_what_was_committed_but_not_announced(ports: FakeSweepPorts) -> None:
    claim = ports.driver.claim(ports.driver.register(ports.upload()), "ingest")
    ports.driver.commit(claim)

    Sweeper(ports).run(["publish_leftovers"])

    assert ports.topics() == ["video-registered", "video-ingested"]
    assert not ports.repository.outbox()


@pytest.mark.reliability("B19")
def test_an_event_that_can_not_be_sent_holds_up_nobody_else(
    ports: FakeSweepPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = ports.driver.upload("ann/stuck.mp4")
    ports.driver.upload("ann/other.mp4")
    publish = ports.bus.publish

    def refuse_one(topic: str, message: VideoEvent | ObjectFinalized) -> None:
        if isinstance(message, VideoEvent) and message.video_id == stuck.id:
            raise ConfigurationError("topic_missing", "There is no such topic.")
        publish(topic, message)

    monkeypatch.setattr(ports.bus, "publish", refuse_one)
    with captured_logs():
        Sweeper(ports).run(["publish_leftovers"])
    assert [event.video_id for event in ports.repository.outbox()] == [stuck.id]


@pytest.mark.reliability("B19", "B25")
def test_tells_of_everything_that_is_due_until_somebody_has_seen_to_it(ports: FakeSweepPorts) -> None:
    now = ports.clock.now()
    for name, due_at in {"later": now + timedelta(seconds=1), "now": now, "never": None}.items():
        task = WebhookDelivery(
            id=name,
            owner="ann",
            about="",
            webhook_id="wh",
            event_id="e",
            event_type="test",
            body="{}",
            created_at=now,
            due_at=due_at,
        )
        ports.keep(task)
    sweeper = Sweeper(ports)
    sweeper.run(["request_due_work"])
    assert ports.requested() == ["now"]
    assert ports.topics() == [DELIVERY_DUE]
    ports.clock.advance(1.0)
    sweeper.run(["request_due_work"])
    assert ports.requested() == ["now", "now", "later"]


def test_tells_whoever_does_it_of_each_kind_of_task(ports: FakeSweepPorts) -> None:
    now = ports.clock.now()
    ports.keep(new_export("ann", now))
    ports.keep(Import(id="i", owner="ann", about="", url="https://files.example", created_at=now, due_at=now))
    video = ports.driver.register(ports.upload())
    mp4 = ObjectRef(bucket="media", name="m", generation=1, size_bytes=1, content_type="video/mp4")
    ports.keep(new_clip(video, mp4, ClipChoice(segment="0-1", spans=((0.0, 1.0),)), now))
    Sweeper(ports).run(["request_due_work"])
    assert ports.topics() == [CLIP_REQUESTED, EXPORT_REQUESTED, IMPORT_REQUESTED]


def test_whatever_is_to_be_done_has_a_function_that_does_it() -> None:
    for topic in TASKS.values():
        assert FLOW.consumers(topic)


@pytest.mark.reliability("B25")
def test_redrives_what_has_been_idle_for_long_and_then_gives_it_time(ports: FakeSweepPorts) -> None:
    ports.driver.register(ports.upload())
    sweeper = Sweeper(ports)
    ports.clock.advance(ports.settings.redrive_after_s - 1)
    sweeper.run(["redrive_stalled"])
    assert ports.topics() == []

    ports.clock.advance(2)
    with captured_logs() as logs:
        sweeper.run(["redrive_stalled"])
        sweeper.run(["redrive_stalled"])

    (line,) = (log for log in logs if log["event"] == "redriven")
    assert set(LOG_LINES["redriven"]) <= line.keys()
    (published,) = ports.bus.published
    assert published.topic == "upload-finalized"
    assert isinstance(published.message, VideoEvent)
    assert published.message.video_id == VIDEO_ID


@pytest.mark.reliability("B26")
def test_leaves_a_live_worker_alone(ports: FakeSweepPorts) -> None:
    claim = ports.driver.claim(ports.driver.register(ports.upload()), "ingest")
    for _ in range(100):
        ports.clock.advance(20)
        ports.repository.update(VIDEO_ID, ports.lifecycle.heartbeat(claim, ports.clock.now(), 30.0, 0.5))
        Sweeper(ports).run(["redrive_stalled"])
    assert ports.topics() == []


@pytest.mark.reliability("B4")
def test_announces_uploads_that_nobody_has_heard_of(ports: FakeSweepPorts) -> None:
    upload = ports.upload()
    ports.upload("ann/.hidden.mp4")
    ports.clock.advance(ports.settings.reconcile_after_s - 1)
    Sweeper(ports).run(["reconcile_uploads"])
    assert ports.bus.published == []

    ports.clock.advance(10)
    Sweeper(ports).run(["reconcile_uploads"])

    (published,) = ports.bus.published
    assert (published.topic, published.message) == ("upload-finalized", upload)


def test_announces_a_newer_generation_but_not_the_registered_one(ports: FakeSweepPorts) -> None:
    ports.driver.register(ports.upload())
    ports.clock.advance(1000)
    Sweeper(ports).run(["reconcile_uploads"])
    assert ports.bus.published == []

    newer = ports.upload()
    Sweeper(ports).run(["reconcile_uploads"])
    assert [published.message for published in ports.bus.published] == [newer]


@pytest.mark.reliability("B27")
def test_a_deleted_video_is_not_brought_back_by_its_object(ports: FakeSweepPorts) -> None:
    ports.driver.delete(ports.driver.register(ports.upload()))
    ports.clock.advance(1000)
    Sweeper(ports).run(["reconcile_uploads"])
    assert ports.bus.published == []


def reads_of(ports: FakeSweepPorts, spied: MagicMock) -> int:
    """Returns how many videos the next look at the bucket asks for."""
    spied.reset_mock()
    Sweeper(ports).run(["reconcile_uploads"])
    return spied.call_count


def test_what_one_pass_has_looked_at_the_next_does_not_look_at_again(
    ports: FakeSweepPorts, mocker: MockerFixture
) -> None:
    for name in ("ann/1.mp4", "ann/2.mp4"):
        ports.driver.register(ports.upload(name))
    ports.clock.advance(1000)
    get = mocker.spy(ports.repository, "get")
    assert [reads_of(ports, get) for _ in range(3)] == [2, 0, 0]

    newer = ports.upload("ann/1.mp4")
    assert [reads_of(ports, get) for _ in range(2)] == [1, 0]
    assert [published.message for published in ports.bus.published] == [newer]


def test_what_could_not_be_announced_is_looked_at_again(ports: FakeSweepPorts, mocker: MockerFixture) -> None:
    upload = ports.upload()
    ports.clock.advance(1000)
    gone = mocker.patch.object(ports.repository, "update", side_effect=TransientError("store_unavailable", ""))
    with captured_logs():
        Sweeper(ports).run(["reconcile_uploads"])
    assert ports.bus.published == []
    mocker.stop(gone)

    Sweeper(ports).run(["reconcile_uploads"])
    assert [published.message for published in ports.bus.published] == [upload]


def test_a_bucket_that_takes_longer_than_there_is_time_is_gone_through_in_several_looks(
    ports: FakeSweepPorts, mocker: MockerFixture
) -> None:
    mocker.patch("functions.sweep.reconciliation._BATCH", 2)
    uploads = [ports.upload(f"ann/{index}.mp4") for index in range(5)]
    ports.clock.advance(1000)
    publish = ports.bus.publish

    def slow(topic: str, message: ObjectFinalized) -> None:
        publish(topic, message)
        ports.clock.advance(10)

    mocker.patch.object(ports.bus, "publish", slow)
    for announced in (2, 4, 5):
        Sweeper(ports).run(["reconcile_uploads"], within_s=20)
        assert len(ports.bus.published) == announced

    behind = ports.upload("ann/0.mp4")  # the next pass begins at the beginning
    ports.clock.advance(1000)
    Sweeper(ports).run(["reconcile_uploads"])
    assert [published.message for published in ports.bus.published] == [*uploads, behind]


@pytest.mark.reliability("B21")
def test_a_clock_that_was_ahead_for_a_while_hides_no_upload(ports: FakeSweepPorts) -> None:
    ports.driver.register(ports.upload("ann/1.mp4"))
    ports.clock.advance(1_000_000)
    Sweeper(ports).run(["reconcile_uploads"])
    ports.clock.advance(-999_000)
    missed = ports.upload("ann/2.mp4")
    Sweeper(ports).run(["reconcile_uploads"])
    assert [published.message for published in ports.bus.published] == [missed]


@pytest.mark.parametrize("threads", [1, 4])
def test_one_run_clears_what_many_videos_left_whoever_can_not_be_cleared(
    ports: FakeSweepPorts, threads: int, mocker: MockerFixture
) -> None:
    mocker.patch("functions.sweep.pace._BATCH", 3)
    videos = [ports.finish(f"ann/{index}.mp4") for index in range(12)]
    stuck = {video.id for video in videos[:5]}  # the first to be found, and more than are fetched at a time
    prune = ports.repository.prune

    def failing(video: Video) -> Mapping[str, int]:
        if video.id in stuck:
            raise TransientError("store_unavailable", "Not now.")
        return prune(video)

    mocker.patch.object(ports.repository, "prune", failing)
    ports.clock.advance(ports.settings.lease_s)
    with captured_logs() as logs:
        Sweeper(ports, threads=threads).run(["clear_leftovers"])
    assert {video.id for video in ports.repository.unswept()} == stuck
    assert len(logs) == len(stuck)


def test_a_run_begins_nothing_new_when_its_time_is_over(ports: FakeSweepPorts, mocker: MockerFixture) -> None:
    mocker.patch("functions.sweep.pace._BATCH", 3)
    for index in range(7):
        ports.finish(f"ann/{index}.mp4")
    ports.clock.advance(ports.settings.lease_s)
    prune = ports.repository.prune

    def slow(video: Video) -> Mapping[str, int]:
        ports.clock.advance(10)
        return prune(video)

    mocker.patch.object(ports.repository, "prune", slow)
    Sweeper(ports).run(["clear_leftovers"], within_s=45)
    assert len(ports.repository.unswept()) == 2
    Sweeper(ports).run(["clear_leftovers"], within_s=45)
    assert not ports.repository.unswept()


@pytest.mark.parametrize("step", STEPS)
def test_no_step_begins_anything_when_its_time_is_over(step: str, ports: FakeSweepPorts) -> None:
    ports.leave_something_for_every_step()
    before = ports.everything()
    STEPS[step](Sweeper(ports), Pace(ports.clock, within_s=0))
    assert ports.everything() == before

    STEPS[step](Sweeper(ports), Pace(ports.clock))
    assert ports.everything() != before, "there was something to do"


def test_a_run_begins_no_step_when_its_time_is_over(ports: FakeSweepPorts, mocker: MockerFixture) -> None:
    ports.upload()
    ports.clock.advance(1000)
    outbox = ports.repository.outbox

    def slow(limit: int) -> Sequence[VideoEvent]:
        ports.clock.advance(45)
        return outbox(limit=limit)

    mocker.patch.object(ports.repository, "outbox", slow)
    listed = mocker.spy(ports.blobs, "list_objects")
    Sweeper(ports).run(["publish_leftovers", "reconcile_uploads"], within_s=45)
    assert listed.call_count == 0


def test_a_run_asks_for_no_more_kinds_of_tasks_when_its_time_is_over(
    ports: FakeSweepPorts, mocker: MockerFixture
) -> None:
    def late(*_: object, **__: object) -> Sequence[Document]:
        ports.clock.advance(45)
        return []

    asked = mocker.patch.object(ports.documents, "due", side_effect=late)
    Sweeper(ports).run(["request_due_work"], within_s=45)
    assert asked.call_count == 1 < len(TASKS)


@pytest.mark.parametrize("threads", [1, 4])
def test_what_there_was_no_time_to_look_at_is_looked_at_by_the_next_run(
    ports: FakeSweepPorts, threads: int, mocker: MockerFixture
) -> None:
    mocker.patch("functions.sweep.reconciliation._BATCH", 6)
    uploads = [ports.upload(f"ann/{index}.mp4") for index in range(9)]
    ports.clock.advance(1000)
    publish = ports.bus.publish

    def slow(topic: str, message: ObjectFinalized) -> None:
        publish(topic, message)
        ports.clock.advance(10)

    mocker.patch.object(ports.bus, "publish", slow)
    Sweeper(ports, threads=threads).run(["reconcile_uploads"], within_s=20)
    assert 2 <= len(ports.bus.published) < len(uploads)

    Sweeper(ports, threads=threads).run(["reconcile_uploads"])
    announced = [published.message for published in ports.bus.published]
    assert sorted(announced, key=str) == sorted(uploads, key=str), "each once"


def due(within_s: object, steps: Sequence[str] = ("publish_leftovers",)) -> Delivery:
    """Returns a scheduler's message as it arrives."""
    body = json.dumps({"schema_version": 1, "steps": steps, "within_s": within_s}).encode()
    return pubsub_delivery("projects/p/topics/sweep-due", "1", (body, {}), "")


def test_a_schedulers_message_has_its_steps_done(ports: FakeSweepPorts) -> None:
    ports.driver.upload()
    for schedule in FLOW.schedules:
        Sweeper(ports).handle(due(schedule.within_s, schedule.steps))
    assert ports.topics() == ["video-registered"]


@pytest.mark.parametrize("within_s", [0, -1, math.nan, math.inf, -math.inf, 540, 1e9, 10**400, True, "45", None])
def test_a_message_that_gives_a_time_there_is_not_is_refused(within_s: object, ports: FakeSweepPorts) -> None:
    ports.driver.upload()
    with pytest.raises(PermanentError) as refused:
        Sweeper(ports).handle(due(within_s))
    assert refused.value.code == "bad_event"
    assert ports.bus.published == []


def test_leaves_time_to_a_worker_that_may_not_know_yet_that_it_lost_its_lease(ports: FakeSweepPorts) -> None:
    ports.finish()
    before = ports.outputs()
    ports.clock.advance(ports.settings.lease_s - 1)
    Sweeper(ports).run(["clear_leftovers"])
    assert ports.outputs() == before


@pytest.mark.reliability("B7", "B17")
def test_clears_what_abandoned_attempts_left_and_keeps_what_counts(ports: FakeSweepPorts) -> None:
    video = ports.finish()
    assert result_key(1, "ingest", 1) in ports.outputs()

    ports.clock.advance(ports.settings.lease_s)
    Sweeper(ports).run(["clear_leftovers"])

    assert sorted(ports.outputs()) == sorted(video.results.values())
    assert len(ports.repository.records(ports.driver.video(VIDEO_ID), Artifact)) == len(FLOW.stages)
    assert ports.driver.video(VIDEO_ID).swept
    assert not ports.repository.unswept()


@pytest.mark.reliability("B26")
def test_a_new_run_that_began_meanwhile_keeps_its_outputs(ports: FakeSweepPorts) -> None:
    seen = ports.finish()
    claim = ports.driver.claim(ports.driver.replay(seen, "tag"), "tag")
    ports.leave(claim)

    clear_leftovers(ports.repository, ports.blobs, seen, ports.settings.media_bucket)

    assert claim.key in ports.outputs()
    assert not ports.driver.video(VIDEO_ID).swept


@pytest.mark.reliability("B27")
def test_a_deleted_video_leaves_nothing_but_its_tombstone(ports: FakeSweepPorts) -> None:
    ports.driver.delete(ports.finish())

    ports.clock.advance(ports.settings.lease_s)
    Sweeper(ports).run()

    assert ports.outputs() == []
    assert list(ports.blobs.list_objects("uploads")) == []
    assert ports.repository.get(VIDEO_ID) is None
    assert not ports.repository.unswept()


def test_deleting_spares_a_newer_upload_of_the_same_name(ports: FakeSweepPorts) -> None:
    ports.driver.delete(ports.driver.register(ports.upload()))
    newer = ports.upload()
    ports.clock.advance(ports.settings.lease_s)
    Sweeper(ports).run(["clear_leftovers"])
    assert [found.ref.generation for found in ports.blobs.list_objects("uploads")] == [newer.generation]


def test_one_bad_video_does_not_stop_the_rest(ports: FakeSweepPorts) -> None:
    ports.finish()
    good = ports.finish("bob/clip.mp4")
    prune = ports.repository.prune

    def failing(video: Video) -> Mapping[str, int]:
        if video.id == VIDEO_ID:
            raise TransientError("store_unavailable", "Not now.")
        return prune(video)

    ports.repository.prune = failing  # type: ignore[method-assign]  # one store that fails for one video
    ports.clock.advance(ports.settings.lease_s)
    with captured_logs() as logs:
        Sweeper(ports).run()

    assert ports.driver.video(good.id).swept
    assert not ports.driver.video(VIDEO_ID).swept
    assert [(log["event"], log["step"], log["level"]) for log in logs] == [("sweep_failed", "clear", "error")]
    assert set(LOG_LINES["sweep_failed"]) <= logs[0].keys()


@pytest.mark.reliability("B27")
def test_what_a_late_worker_adds_to_a_deleted_video_is_cleared_as_well(ports: FakeSweepPorts) -> None:
    claim = ports.driver.claim(ports.driver.register(ports.upload()), "ingest")
    gone = ports.driver.delete(claim.video)
    clear_leftovers(ports.repository, ports.blobs, gone, ports.settings.media_bucket)
    ports.leave(claim)

    ports.clock.advance(ports.settings.lease_s)
    Sweeper(ports).run(["clear_leftovers"])

    assert ports.outputs() == []


def test_announces_an_upload_once_however_long_nobody_has_time_for_it(ports: FakeSweepPorts) -> None:
    ports.upload()
    ports.clock.advance(1000)
    for _ in range(10):
        Sweeper(ports).run(["reconcile_uploads"])
    assert ports.topics() == ["upload-finalized"]
    assert ports.driver.video(VIDEO_ID).status == "registered"


def test_an_upload_that_was_only_registered_is_driven_on(
    ports: FakeSweepPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise TransientError("bus_unavailable", "Not now.")

    ports.upload()
    ports.clock.advance(1000)
    with monkeypatch.context() as patch, captured_logs():
        patch.setattr(ports.bus, "publish", unreachable)
        Sweeper(ports).run(["reconcile_uploads"])

    ports.clock.advance(ports.settings.redrive_after_s)
    Sweeper(ports).run()
    assert ports.topics() == ["video-registered", "upload-finalized"]


class TestMemos:
    """What models have said is kept as long as what it was said about."""

    @staticmethod
    def keep(ports: FakeSweepPorts, generation: int) -> None:
        ports.blobs.put("media", f"videos/{VIDEO_ID}/{memo_key(generation)}/0f", ports.file, "text/plain")

    @staticmethod
    def kept(ports: FakeSweepPorts) -> list[str]:
        return [key for key in ports.outputs() if key.startswith("memo/")]

    def test_they_outlive_the_attempts(self, ports: FakeSweepPorts) -> None:
        video = ports.finish()
        self.keep(ports, video.source.generation)
        ports.clock.advance(ports.settings.lease_s)
        Sweeper(ports).run()
        assert self.kept(ports) == [memo_key(video.source.generation)]
        assert ports.driver.video(VIDEO_ID).swept

    def test_they_end_with_their_generation(self, ports: FakeSweepPorts) -> None:
        before = ports.finish()
        self.keep(ports, before.source.generation)
        video = ports.finish()
        self.keep(ports, video.source.generation)
        ports.clock.advance(ports.settings.lease_s)
        Sweeper(ports).run()
        assert self.kept(ports) == [memo_key(video.source.generation)]

    @pytest.mark.reliability("B27")
    def test_they_end_with_the_video(self, ports: FakeSweepPorts) -> None:
        video = ports.finish()
        self.keep(ports, video.source.generation)
        ports.driver.delete(video)
        ports.clock.advance(ports.settings.lease_s)
        Sweeper(ports).run()
        assert ports.outputs() == []


def test_what_is_kept_for_a_while_goes_when_that_is_over(ports: FakeSweepPorts) -> None:
    for minutes in (1, 2):
        answer = IdempotentAnswer(
            id=f"answer-{minutes}",
            owner="ann",
            about="",
            due_at=ports.clock.now() + timedelta(minutes=minutes),
            fingerprint="",
            worker="",
        )
        saved = Edit(answer=None, document=answer)
        ports.documents.update(IdempotentAnswer, answer.id, partial(lambda edit, _: edit, saved), owner="ann")
    ports.clock.advance(60)
    Sweeper(ports).run()
    assert [one.id for one in ports.documents.owned(IdempotentAnswer, owner="ann")] == ["answer-2"]


class TestRetention:
    def test_old_videos_go_the_oldest_first_and_others_stay(self, ports: FakeSweepPorts) -> None:
        ports.settings = Settings(retention_days=30)
        old = [ports.finish(f"ann/{number}.mp4") for number in range(2)]
        ports.clock.advance(29 * 86400)
        young = ports.finish("ann/young.mp4")
        sweeper = Sweeper(ports)
        sweeper.run(["delete_expired"])
        assert len(ports.repository.list_videos().videos) == 3
        ports.clock.advance(86401)
        ports.bus.published.clear()
        sweeper.run(["delete_expired"])
        assert [video.id for video in ports.repository.list_videos().videos] == [young.id]
        gone = [one.message for one in ports.bus.published if isinstance(one.message, VideoEvent)]
        assert [event.video_id for event in gone] == [video.id for video in old]
        assert [found.ref.name for found in ports.blobs.list_objects("uploads")] == ["ann/young.mp4"]

    def test_without_a_setting_none_goes(self, ports: FakeSweepPorts) -> None:
        video = ports.finish()
        ports.clock.advance(10_000 * 86400)
        Sweeper(ports).run(["delete_expired"])
        assert ports.repository.get(video.id) is not None

    def test_audit_entries_go_after_400_days(self, ports: FakeSweepPorts) -> None:
        entry = AuditEntry(
            id="1",
            owner="ann",
            about="",
            operation="o",
            subject="s",
            target="",
            at=ports.clock.now(),
            request_id="",
        )
        ports.documents.update(AuditEntry, "1", lambda _none: Edit(answer=None, document=entry), owner="ann")
        ports.clock.advance(399 * 86400)
        Sweeper(ports).run(["delete_expired"])
        assert ports.documents.owned(AuditEntry, owner="ann") == [entry]
        ports.clock.advance(86400)
        Sweeper(ports).run(["delete_expired"])
        assert ports.documents.owned(AuditEntry, owner="ann") == []


def test_the_schedules_of_the_flow_do_every_step_there_is_once() -> None:
    scheduled = [step for schedule in load_flow().schedules for step in schedule.steps]
    assert sorted(scheduled) == sorted(STEPS)


@pytest.mark.parametrize("threads", [1, 4])
def test_lines_say_what_they_are_about_however_many_things_are_done_at_a_time(threads: int) -> None:
    def fail(_thing: int) -> None:
        raise TransientError("store_unavailable", "Not now.")

    with captured_logs() as logs, bound_fields(trace="0" * 32):
        assert Pace(ManualClock(), threads=threads).each("clear", [1, 2], fail) == [False, False]
    assert [log["trace"] for log in logs] == ["0" * 32] * 2
