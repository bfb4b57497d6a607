"""The whole pipeline in one process, on the embedded adapters, with toy stages, a manual clock and planned faults.

Each delivery is handled as a fresh worker would; a crash loses what the worker held and nothing else. Time moves
only when nothing can be delivered, far enough for leases and backoffs to run out.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from functions.sweep.stage import Sweeper
from shared.bootstrap import Bootstrap
from shared.domain.errors import TransientError
from shared.domain.events import Message, VideoEvent
from shared.domain.identity import object_prefix, video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import Artifact
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository
from shared.processors.stage import StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.deletion import Erasure, delete_video
from shared.runtime.entrypoint import StageRunner
from shared.settings import Settings
from shared.testing.clock import ManualClock
from shared.testing.faults import Crash, FaultInjector, FaultKind
from shared.testing.videos import media_info
from tests.undelivered import undelivered

__all__ = ["STAGES", "FaultyPipeline"]

STAGES = ("ingest", "transcode", "segment", "analyze", "tag")
ROUNDS = 400
"""Deliveries and waits after which a schedule counts as stuck; undisturbed it takes about ten."""


class ToyStage:
    """Adds its name to what the stage before it wrote, so that the last output tells the whole history."""

    def __init__(self, name: str, pipeline: FaultyPipeline) -> None:
        self._name = name
        self._pipeline = pipeline

    def run(self, context: StageContext) -> StageOutcome:
        self._pipeline.runs.append(self._name)
        self._pipeline.boundary_of_run.append(len(self._pipeline.injector.reached))
        inputs = {artifact.role: artifact for artifact in context.records(Artifact)}
        position = STAGES.index(self._name)
        source = context.source() if position == 0 else context.fetch(inputs[STAGES[position - 1]].object)
        output = context.workspace / "output"
        output.write_text(f"{source.read_text()} {self._name}")
        artifact = Artifact(role=self._name, object=context.put(output, "output.txt", "application/octet-stream"))
        return StageOutcome(records=(artifact,), media=media_info() if position == 0 else None)


class Recorder:
    """A bus that also remembers what it was given, as a subscriber of every topic would."""

    def __init__(self, bus: EventBus) -> None:
        self.heard: list[VideoEvent] = []
        self._bus = bus

    def publish(self, topic: str, message: Message) -> None:
        self._bus.publish(topic, message)
        if isinstance(message, VideoEvent):
            self.heard.append(message)

    def take_back(self, video: Video) -> None:
        self._bus.take_back(video)


class _SteeredBootstrap(Bootstrap):
    """The chain alone: what listens beside it has no say in what becomes of a video."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.flow = replace(self.flow, listeners=())

    @cached_property
    def clock(self) -> ManualClock:
        return ManualClock()

    @cached_property
    def bus(self) -> Recorder:
        return Recorder(self.local_bus)


class FaultyPipeline:
    """One data folder and everything that works on it.

    Args:
        folder: An empty folder; several pipelines may share one to save the set-up.
        plan: What goes wrong at which boundary; boundaries count from the first delivery.
        repository: Where the videos are; None for SQLite in the folder.

    Attributes:
        runs: The stages that were run, in order.
        boundary_of_run: Number of the first boundary inside each of them.
        erasures: What deletions removed.
        stands_still_s: How long a worker that a deletion surprises does nothing.
    """

    def __init__(
        self,
        folder: Path,
        plan: Mapping[int, FaultKind] | None = None,
        repository: VideoRepository | None = None,
    ) -> None:
        self._wiring = _SteeredBootstrap(
            Settings(data_dir=folder, log_level="error", lease_s=30, reconcile_after_s=60)
        )
        self.clock = self._wiring.clock
        self.bus = self._wiring.local_bus
        self.dead_letters = self._wiring.dead_letters
        self.recorder = self._wiring.bus
        self.erasures: list[Erasure] = []
        self.stands_still_s = 0.0
        if repository is not None:
            self._wiring.repository = repository
        self.repository = self._wiring.repository
        self.blobs = self._wiring.blobs
        self.lifecycle: Lifecycle = self._wiring.lifecycle
        self.follow(plan or {})

    def follow(self, plan: Mapping[int, FaultKind]) -> None:
        """Begins to count, with another plan, on what is there: opening it anew takes as long as a schedule."""
        self.injector = FaultInjector(plan, self._let_others_act)
        self.runs: list[str] = []
        self.boundary_of_run: list[int] = []
        self.recorder.heard.clear()

    def upload(self, name: str, text: str = "source") -> str:
        """Stores an upload, which the bucket announces, and returns its video's id."""
        self._wiring.settings.data_dir.mkdir(parents=True, exist_ok=True)
        path = self._wiring.settings.data_dir / "to-upload"
        path.write_text(text)
        self.blobs.put("uploads", name, path, "application/octet-stream")
        return video_id_of("uploads", name)

    def runner(self, stage: str) -> StageRunner:
        """Returns a fresh worker whose every call to the outside is a boundary."""
        repository: VideoRepository = self.injector.wrap(self.repository, "repository")
        blobs: BlobStore = self.injector.wrap(self.blobs, "blobs")
        bus: EventBus = self.injector.wrap(self.recorder, "bus")
        services = AttemptServices(
            repository=repository,
            blobs=blobs,
            clock=self.clock,
            lifecycle=self.lifecycle,
            media_bucket="media",
            work_dir=self._wiring.settings.data_dir / "work",
            lease_s=30,
            heartbeat_s=3600,
        )
        return StageRunner(stage, ToyStage(stage, self), services, bus, upload_bucket="uploads", worker="w")

    def run(self, *video_ids: str, order: random.Random | None = None) -> None:
        """Delivers, waits and sweeps until the videos are settled. Raises AssertionError when they get stuck."""
        for _ in range(ROUNDS):
            delivered = self._deliver_one(order)
            if not delivered:
                self.clock.advance(61)
                self.sweep()
                if undelivered(self.bus) == 0 and all(self._settled(video_id) for video_id in video_ids):
                    return
        states = {video_id: self.repository.get(video_id) for video_id in video_ids}
        raise AssertionError(f"stuck: {states}; boundaries {self.injector.reached}")

    def sweep(self) -> None:
        """Runs the scheduled function once, undisturbed."""
        Sweeper(self._wiring).run()

    def replay_poisoned(self, video_id: str) -> bool:
        """Starts a new run of a video whose tries the schedule used up; tells whether it was one."""
        failure = self.video(video_id).failure
        if failure is None:
            return False
        assert failure.code == "poison", failure
        self.repository.update(video_id, self.lifecycle.replay(self.clock.now()))
        return True

    def run_out(self) -> None:
        """Delivers, waits and sweeps until nothing more happens to videos that may be gone."""
        for _ in range(3):
            self.deliver_all()
            self.clock.advance(61)
            self.sweep()
        assert undelivered(self.bus) == 0

    def deliver_all(self) -> None:
        """Delivers until nothing can be delivered now."""
        while self._deliver_one(None):
            pass

    def erase(self) -> None:
        """Deletes every video."""
        for video in self.repository.list_videos().videos:
            self.erasures.append(delete_video(self._wiring, video.id, "media"))

    def video(self, video_id: str) -> Video:
        video = self.repository.get(video_id)
        assert video is not None
        return video

    def assert_exactly_once(self, video_id: str, *, text: str = "source") -> None:
        """Lost 0, doubled 0, stuck 0: one result set a stage, all inputs seen, nothing left over."""
        video = self.video(video_id)
        assert video.status == "ready", video
        assert set(video.results) == set(STAGES)
        artifacts = {artifact.role: artifact for artifact in self.repository.records(video, Artifact)}
        assert set(artifacts) == set(STAGES)
        final = b"".join(self.blobs.read(artifacts["tag"].object)).decode()
        assert final == " ".join([text, *STAGES])

        succeeded = [
            (attempt.run, attempt.stage)
            for attempt in self.repository.attempts(video_id)
            if attempt.outcome == "succeeded"
        ]
        assert len(succeeded) == len(set(succeeded)), f"a stage was committed twice: {succeeded}"

        heard = [event for event in self.recorder.heard if event.video_id == video_id]
        ready = {event.event_id for event in heard if event.type == "video-ready" and event.run == video.run}
        assert len(ready) == 1, f"video-ready was announced under {len(ready)} ids"
        assert self.repository.outbox(video_id=video_id) == []

        stored = {item.ref.name for item in self.blobs.list_objects("media", object_prefix(video_id))}
        assert stored == {artifact.object.name for artifact in artifacts.values()}, "leftovers, or results missing"
        work = self._wiring.settings.data_dir / "work"
        assert not work.exists() or not any(work.iterdir())

    def _let_others_act(self, kind: FaultKind) -> None:
        if kind == "deleted":
            self.erase()
            self.clock.advance(self.stands_still_s)
            self.sweep()
            return
        if kind == "overtaken":
            self.clock.advance(61)
        else:
            self.bus.release_all()
        for _ in range(3):
            self._deliver_one(None)

    def _deliver_one(self, order: random.Random | None) -> bool:
        messages = self.bus.lease(10 if order else 1, 60)
        if not messages:
            return False
        if order:
            order.shuffle(messages)
        for message in messages:
            try:
                self.runner(message.stage).handle(message.delivery)
            except Crash:
                # The lease of the message and of the video run out by themselves, as after a power cut.
                continue
            except Exception as error:  # what functions-framework answers with 500
                retry_after_s = error.retry_after_s if isinstance(error, TransientError) else None
                self.bus.nack(message, retry_after_s=retry_after_s)
            else:
                self.bus.ack(message)
        return True

    def _settled(self, video_id: str) -> bool:
        video = self.repository.get(video_id)
        return video is not None and video.status in {"ready", "failed"}
