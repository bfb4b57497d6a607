"""Deliveries that come twice, late, out of order or again and again, through the real runtime over the fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from shared.domain.errors import ConfigurationError, Outage, PermanentError, TransientError
from shared.domain.events import ObjectFinalized, VideoEvent
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import SearchEntry
from shared.domain.video import Video
from shared.pipeline import load_flow
from shared.processors.stage import StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import StageRunner
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, media_info, upload

UPLOAD = upload()
VIDEO_ID = video_id_of(UPLOAD.bucket, UPLOAD.name)
STAGES = [spec.stage for spec in load_flow().stages]
Message = VideoEvent | ObjectFinalized


class CountingStage:
    """Leaves one record, and counts how often it ran; a test may make it misbehave."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs = 0
        self.misbehave: Callable[[], None] = lambda: None

    def run(self, context: StageContext) -> StageOutcome:
        self.runs += 1
        self.misbehave()
        entry = SearchEntry(source="text", text=self.name, start_s=0.0, end_s=1.0)
        return StageOutcome(records=(entry,), media=media_info() if self.name == "ingest" else None)


class FakePipeline:
    """The five functions of the chain over the fakes."""

    def __init__(self, folder: Path) -> None:
        self.flow = replace(load_flow(), listeners=())
        self.lifecycle = Lifecycle(self.flow)
        self.clock = ManualClock()
        self.repository = InMemoryVideoRepository()
        self.bus = InMemoryEventBus(self.flow)
        self.stages = {name: CountingStage(name) for name in STAGES}
        services = AttemptServices(
            repository=self.repository,
            blobs=InMemoryBlobStore(),
            clock=self.clock,
            lifecycle=self.lifecycle,
            media_bucket="media",
            work_dir=folder,
            lease_s=30.0,
            heartbeat_s=1000.0,
        )
        self.runners = {
            name: StageRunner(name, stage, services, self.bus, upload_bucket="uploads", worker="tester")
            for name, stage in self.stages.items()
        }

    @property
    def video(self) -> Video:
        video = self.repository.get(VIDEO_ID)
        assert video is not None
        return video

    @property
    def runs(self) -> list[int]:
        """How often each stage ran, in order."""
        return [stage.runs for stage in self.stages.values()]

    def published(self, topic: str) -> int:
        return [message.type for message in self.events()].count(topic)

    def events(self) -> list[VideoEvent]:
        return [one.message for one in self.bus.published if isinstance(one.message, VideoEvent)]

    def deliver(self, message: Message, message_id: str = "1") -> None:
        """Hands a message to the function that consumes its topic."""
        topic = self.flow.stages[0].consumes if isinstance(message, ObjectFinalized) else message.type
        for spec in self.flow.stages:
            if spec.consumes == topic:
                self.runners[spec.stage].handle(delivery_of(message, topic, message_id))

    def drain(self) -> None:
        """Delivers what was published until nothing new is."""
        self.bus.drain(lambda stage, delivery: self.runners[stage].handle(delivery))


@pytest.fixture
def pipeline(tmp_path: Path) -> FakePipeline:
    return FakePipeline(tmp_path)


def five_events(folder: Path) -> list[Message]:
    """Returns the events that start the five stages."""
    pipeline = FakePipeline(folder)
    pipeline.deliver(UPLOAD)
    pipeline.drain()
    assert pipeline.video.status == "ready"
    consumed = {spec.consumes for spec in pipeline.flow.stages}
    return [UPLOAD, *(event for event in pipeline.events() if event.type in consumed)]


@pytest.mark.reliability("B1")
@pytest.mark.parametrize("duplicated", range(5))
def test_a_duplicate_with_a_new_message_id_does_nothing(
    pipeline: FakePipeline, tmp_path: Path, duplicated: int
) -> None:
    duplicate = five_events(tmp_path / "before")[duplicated]
    pipeline.deliver(UPLOAD)
    pipeline.drain()
    before, events = pipeline.video, pipeline.events()
    pipeline.clock.advance(5.0)
    pipeline.deliver(duplicate, message_id="another")
    assert pipeline.video == before
    assert pipeline.events() == events
    assert pipeline.runs == [1] * 5


@pytest.mark.reliability("B2")
def test_every_order_of_the_events_ends_in_the_same_state(tmp_path: Path) -> None:
    events = five_events(tmp_path / "in-order")
    in_order = FakePipeline(tmp_path / "expected")
    in_order.deliver(UPLOAD)
    in_order.drain()
    for number, order in enumerate(permutations(events)):
        pipeline = FakePipeline(tmp_path / str(number))
        for event in order:
            pipeline.deliver(event)
        pipeline.drain()
        spent = {name: getattr(in_order.video, name) for name in ("spent", "run_spent")}
        assert replace(pipeline.video, **spent) == in_order.video, order
        assert pipeline.runs == [1] * 5, order
        assert list(pipeline.repository.records(pipeline.video, SearchEntry)) == list(
            in_order.repository.records(in_order.video, SearchEntry)
        )


@pytest.mark.reliability("B9")
@pytest.mark.parametrize("stage", STAGES)
def test_a_redelivery_after_a_crash_before_the_acknowledgement_does_nothing(
    pipeline: FakePipeline, tmp_path: Path, stage: str
) -> None:
    events = five_events(tmp_path / "before")
    for event in events[: STAGES.index(stage) + 1]:
        pipeline.deliver(event)
    # The host dies here: everything was done, but the bus never heard of it and delivers again.
    before, published = pipeline.video, len(pipeline.events())
    pipeline.deliver(events[STAGES.index(stage)])
    assert pipeline.stages[stage].runs == 1
    assert pipeline.video == before
    assert len(pipeline.events()) == published
    assert not pipeline.repository.outbox()


@pytest.mark.reliability("B12")
def test_a_late_event_of_an_old_generation_is_ignored(pipeline: FakePipeline) -> None:
    pipeline.deliver(upload(generation=7))
    pipeline.deliver(upload(generation=6))
    assert (pipeline.video.source.generation, pipeline.video.run) == (7, 1)
    assert pipeline.stages["ingest"].runs == 1
    assert pipeline.published("video-ingested") == 1


@pytest.mark.reliability("B11", "B12")
def test_a_newer_generation_starts_a_new_run_and_fences_off_the_old_one(pipeline: FakePipeline) -> None:
    pipeline.deliver(upload(generation=6))
    old = pipeline.events()[-1]
    pipeline.deliver(upload(generation=7))
    pipeline.deliver(old)
    assert (pipeline.video.source.generation, pipeline.video.run, pipeline.video.status) == (7, 2, "ingested")
    assert pipeline.stages["transcode"].runs == 0


def refuse() -> None:
    raise TransientError("store_busy", "The store is busy.")


def crash() -> None:
    raise ZeroDivisionError("a bug")


def die() -> None:
    raise SystemExit(1)


@pytest.mark.reliability("B20", "B25")
def test_an_outage_is_not_the_videos_fault_as_long_as_outages_last(pipeline: FakePipeline) -> None:
    def out_of_order() -> None:
        raise Outage("model_unavailable", "It is busy; trying again.")

    transcode, max_attempts = pipeline.stages["transcode"], pipeline.flow.stage("transcode").max_attempts
    pipeline.deliver(UPLOAD)
    ingested = pipeline.events()[-1]
    transcode.misbehave = out_of_order
    for _ in range(24 * 6):
        with pytest.raises(Outage):
            pipeline.deliver(ingested)
        pipeline.clock.advance(600.0)
    assert (pipeline.video.status, pipeline.video.attempts["transcode"]) == ("ingested", 0)

    pipeline.clock.advance(24 * 3600.0 + 1.0)
    for _ in range(max_attempts):
        with pytest.raises(Outage):
            pipeline.deliver(ingested)
    pipeline.deliver(ingested)
    assert pipeline.video.failure is not None
    assert pipeline.video.failure.code == "poison"


@pytest.mark.reliability("B23")
@pytest.mark.parametrize("misbehave", [refuse, crash, die])
def test_a_poison_message_ends_by_our_own_count_and_can_be_replayed(
    pipeline: FakePipeline, misbehave: Callable[[], None]
) -> None:
    transcode, max_attempts = pipeline.stages["transcode"], pipeline.flow.stage("transcode").max_attempts
    pipeline.deliver(UPLOAD)
    ingested = pipeline.events()[-1]
    transcode.misbehave = misbehave
    for _ in range(max_attempts):
        with pytest.raises((TransientError, ZeroDivisionError, SystemExit)):
            pipeline.deliver(ingested)
        pipeline.clock.advance(60.0)  # a dead worker's lease runs out
    pipeline.deliver(ingested)
    pipeline.deliver(ingested)
    assert transcode.runs == max_attempts
    assert pipeline.video.failure is not None
    assert (pipeline.video.status, pipeline.video.failure.code, pipeline.video.failure.stage) == (
        "failed",
        "poison",
        "transcode",
    )
    assert pipeline.published("video-failed") == 1

    transcode.misbehave = lambda: None
    pipeline.repository.update(VIDEO_ID, pipeline.lifecycle.replay(pipeline.clock.now()))
    (event,) = pipeline.repository.outbox()
    pipeline.deliver(event)
    pipeline.drain()
    assert (pipeline.video.status, pipeline.video.run) == ("ready", 2)
    assert pipeline.stages["ingest"].runs == 1


def test_while_a_worker_holds_the_lease_others_are_sent_away_with_a_time(pipeline: FakePipeline) -> None:
    pipeline.stages["ingest"].misbehave = die
    with pytest.raises(SystemExit):
        pipeline.deliver(UPLOAD)
    pipeline.clock.advance(10.0)
    with pytest.raises(TransientError) as refused:
        pipeline.deliver(UPLOAD)
    assert refused.value.retry_after_s == pytest.approx(20.0)
    assert pipeline.stages["ingest"].runs == 1


def test_a_wrong_deployment_is_not_counted_against_the_video(pipeline: FakePipeline) -> None:
    def unconfigured() -> None:
        raise ConfigurationError("whisper_model_missing", "Name the model's folder.")

    pipeline.stages["ingest"].misbehave = unconfigured
    for _ in range(pipeline.flow.stage("ingest").max_attempts + 1):
        with pytest.raises(ConfigurationError):
            pipeline.deliver(UPLOAD)
    pipeline.stages["ingest"].misbehave = lambda: None
    pipeline.deliver(UPLOAD)
    assert pipeline.video.status == "ingested"


def test_a_permanent_error_fails_the_video_and_acknowledges(pipeline: FakePipeline) -> None:
    def not_video() -> None:
        raise PermanentError("not_video", "This is no video. Upload one.")

    pipeline.stages["ingest"].misbehave = not_video
    pipeline.deliver(UPLOAD)
    pipeline.deliver(UPLOAD)
    assert pipeline.stages["ingest"].runs == 1
    assert pipeline.video.failure is not None
    assert (pipeline.video.failure.code, pipeline.video.failure.stage) == ("not_video", "ingest")
    assert pipeline.published("video-failed") == 1
