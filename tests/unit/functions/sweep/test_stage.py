from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from functions.sweep.stage import Sweeper
from shared.domain.attempt import Effort
from shared.domain.change import Claim
from shared.domain.errors import TransientError
from shared.domain.events import ObjectFinalized, VideoEvent
from shared.domain.flow import Flow
from shared.domain.identity import result_key, video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import Artifact, ObjectRef
from shared.domain.video import Video
from shared.pipeline import load_flow
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.video_repository import InMemoryVideoRepository

FLOW = load_flow()
NAME = "ann/clip.mp4"
VIDEO_ID = video_id_of("uploads", NAME)


@dataclass
class World:
    """Implements SweepPorts over the fakes."""

    file: Path
    flow: Flow = FLOW
    lifecycle: Lifecycle = field(default_factory=lambda: Lifecycle(FLOW))
    repository: InMemoryVideoRepository = field(default_factory=InMemoryVideoRepository)
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    clock: ManualClock = field(default_factory=ManualClock)
    settings: Settings = field(default_factory=Settings)

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

    def register(self, name: str = NAME) -> Video:
        upload = self.upload(name)
        video_id = video_id_of("uploads", name)
        self.repository.update(video_id, self.lifecycle.register(upload, self.clock.now()))
        return self.video(video_id)

    def video(self, video_id: str = VIDEO_ID) -> Video:
        video = self.repository.get(video_id)
        assert video is not None
        return video

    def claim(self, video: Video, stage: str) -> Claim:
        claim = self.repository.update(
            video.id, self.lifecycle.claim(stage, video.run, "worker", self.clock.now(), 30.0)
        )
        assert isinstance(claim, Claim)
        return claim

    def leave(self, claim: Claim) -> ObjectRef:
        """Writes an output of an attempt."""
        return self.blobs.put("media", f"videos/{claim.video.id}/{claim.key}/out.mp4", self.file, "video/mp4")

    def commit(self, claim: Claim, output: ObjectRef) -> None:
        self.repository.update(
            claim.video.id,
            self.lifecycle.commit(claim, self.clock.now(), Effort(), (Artifact(role="poster", object=output),)),
        )

    def finish(self, name: str = NAME) -> Video:
        """Takes a video through all stages, with an attempt before the first one that died."""
        video = self.register(name)
        self.leave(self.claim(video, "ingest"))
        self.clock.advance(60)
        for spec in self.flow.stages:
            claim = self.claim(video, spec.stage)
            self.commit(claim, self.leave(claim))
        self.repository.mark_published([event.event_id for event in self.repository.outbox()])
        return self.video(video.id)

    def outputs(self, video_id: str = VIDEO_ID) -> list[str]:
        """Returns the keys of the result sets that have objects."""
        names = [found.ref.name for found in self.blobs.list_objects("media", f"videos/{video_id}/")]
        return ["/".join(name.split("/")[2:4]) for name in names]

    def topics(self) -> list[str]:
        return [published.topic for published in self.bus.published]


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "file"
    file.write_bytes(b"content")
    return World(file)


@pytest.mark.reliability("B5", "B19")
def test_publishes_what_was_committed_but_not_announced(world: World) -> None:
    video = world.register()
    claim = world.claim(video, "ingest")
    world.commit(claim, world.leave(claim))

    Sweeper(world).publish_leftovers()

    assert world.topics() == ["video-ingested"]
    assert not world.repository.outbox()


@pytest.mark.reliability("B25")
def test_redrives_what_has_been_idle_for_long_and_then_gives_it_time(world: World) -> None:
    world.register()
    sweeper = Sweeper(world)
    world.clock.advance(world.settings.redrive_after_s - 1)
    sweeper.redrive_stalled()
    assert world.topics() == []

    world.clock.advance(2)
    sweeper.redrive_stalled()
    sweeper.redrive_stalled()

    (published,) = world.bus.published
    assert published.topic == "upload-finalized"
    assert isinstance(published.message, VideoEvent)
    assert published.message.video_id == VIDEO_ID


@pytest.mark.reliability("B26")
def test_leaves_a_live_worker_alone(world: World) -> None:
    claim = world.claim(world.register(), "ingest")
    for _ in range(100):
        world.clock.advance(20)
        world.repository.update(VIDEO_ID, world.lifecycle.heartbeat(claim, world.clock.now(), 30.0, 0.5))
        Sweeper(world).redrive_stalled()
    assert world.topics() == []


@pytest.mark.reliability("B4")
def test_announces_uploads_that_nobody_has_heard_of(world: World) -> None:
    upload = world.upload()
    world.upload("ann/.hidden.mp4")
    world.clock.advance(world.settings.reconcile_after_s - 1)
    Sweeper(world).reconcile_uploads()
    assert world.bus.published == []

    world.clock.advance(10)
    Sweeper(world).reconcile_uploads()

    (published,) = world.bus.published
    assert (published.topic, published.message) == ("upload-finalized", upload)


def test_announces_a_newer_generation_but_not_the_registered_one(world: World) -> None:
    world.register()
    world.clock.advance(1000)
    Sweeper(world).reconcile_uploads()
    assert world.bus.published == []

    newer = world.upload()
    Sweeper(world).reconcile_uploads()
    assert [published.message for published in world.bus.published] == [newer]


@pytest.mark.reliability("B27")
def test_a_deleted_video_is_not_brought_back_by_its_object(world: World) -> None:
    world.register()
    world.repository.update(VIDEO_ID, world.lifecycle.delete(world.clock.now()))
    world.clock.advance(1000)
    Sweeper(world).reconcile_uploads()
    assert world.bus.published == []


def test_leaves_time_to_a_worker_that_may_not_know_yet_that_it_lost_its_lease(world: World) -> None:
    world.finish()
    before = world.outputs()
    world.clock.advance(world.settings.lease_s - 1)
    Sweeper(world).clear_leftovers()
    assert world.outputs() == before


@pytest.mark.reliability("B7", "B17")
def test_clears_what_abandoned_attempts_left_and_keeps_what_counts(world: World) -> None:
    video = world.finish()
    assert result_key(1, "ingest", 1) in world.outputs()

    world.clock.advance(world.settings.lease_s)
    Sweeper(world).clear_leftovers()

    assert sorted(world.outputs()) == sorted(video.results.values())
    assert len(world.repository.records(world.video(), Artifact)) == len(FLOW.stages)
    assert world.video().swept
    assert not world.repository.unswept()


@pytest.mark.reliability("B26")
def test_a_new_run_that_began_meanwhile_keeps_its_outputs(world: World) -> None:
    seen = world.finish()
    replayed = world.repository.update(VIDEO_ID, world.lifecycle.replay(world.clock.now(), "tag"))
    claim = world.claim(replayed, "tag")
    world.leave(claim)

    Sweeper(world).clear(seen)

    assert claim.key in world.outputs()
    assert not world.video().swept


@pytest.mark.reliability("B27")
def test_a_deleted_video_leaves_nothing_but_its_tombstone(world: World) -> None:
    world.finish()
    world.repository.update(VIDEO_ID, world.lifecycle.delete(world.clock.now()))

    world.clock.advance(world.settings.lease_s)
    Sweeper(world).run()

    assert world.outputs() == []
    assert list(world.blobs.list_objects("uploads")) == []
    assert world.repository.get(VIDEO_ID) is None
    assert not world.repository.unswept()


def test_deleting_spares_a_newer_upload_of_the_same_name(world: World) -> None:
    world.register()
    world.repository.update(VIDEO_ID, world.lifecycle.delete(world.clock.now()))
    newer = world.upload()
    world.clock.advance(world.settings.lease_s)
    Sweeper(world).clear_leftovers()
    assert [found.ref.generation for found in world.blobs.list_objects("uploads")] == [newer.generation]


def test_one_bad_video_does_not_stop_the_rest(world: World) -> None:
    world.finish()
    good = world.finish("bob/clip.mp4")
    prune: Callable[[Video], None] = world.repository.prune

    def failing(video: Video) -> None:
        if video.id == VIDEO_ID:
            raise TransientError("store_unavailable", "Not now.")
        prune(video)

    world.repository.prune = failing  # type: ignore[method-assign]  # one store that fails for one video
    world.clock.advance(world.settings.lease_s)
    with capture_logs() as logs:
        Sweeper(world).run()

    assert world.video(good.id).swept
    assert not world.video().swept
    assert [(log["event"], log["step"], log["log_level"]) for log in logs] == [("sweep_failed", "clear", "error")]


@pytest.mark.reliability("B27")
def test_what_a_late_worker_adds_to_a_deleted_video_is_cleared_as_well(world: World) -> None:
    claim = world.claim(world.register(), "ingest")
    gone = world.repository.update(VIDEO_ID, world.lifecycle.delete(world.clock.now()))
    Sweeper(world).clear(gone)
    world.leave(claim)

    world.clock.advance(world.settings.lease_s)
    Sweeper(world).clear_leftovers()

    assert world.outputs() == []


def test_announces_an_upload_once_however_long_nobody_has_time_for_it(world: World) -> None:
    world.upload()
    world.clock.advance(1000)
    for _ in range(10):
        Sweeper(world).reconcile_uploads()
    assert world.topics() == ["upload-finalized"]
    assert world.video().status == "registered"


def test_an_upload_that_was_only_registered_is_driven_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise TransientError("bus_unavailable", "Not now.")

    world.upload()
    world.clock.advance(1000)
    with monkeypatch.context() as patch, capture_logs():
        patch.setattr(world.bus, "publish", unreachable)
        Sweeper(world).reconcile_uploads()

    world.clock.advance(world.settings.redrive_after_s)
    Sweeper(world).run()
    assert world.topics() == ["upload-finalized"]
