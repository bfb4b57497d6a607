"""Deleting: the decision first, and then everything that it makes needless."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.domain.audit import AuditEntry
from shared.domain.change import Change, Claim
from shared.domain.errors import NotFound, TransientError
from shared.domain.events import Message
from shared.domain.identity import erased_id, memo_key, video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.video import Video
from shared.pipeline import load_flow
from shared.ports.document_store import Edit
from shared.runtime.deletion import delete_video, finish_deletion
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.jobs import FakeJobRunner
from shared.testing.logs import captured_logs
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import tag, upload

FLOW = load_flow()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class UnreachableBus(InMemoryEventBus):
    def publish(self, topic: str, message: Message) -> None:
        raise TransientError("bus_unavailable", f"Can't publish {message} to {topic}.")


class StubbornJobs(FakeJobRunner):
    def cancel(self, execution: str) -> None:
        raise TransientError("job_unavailable", f"Can't cancel {execution}.")


@dataclass
class FakeDeletionPorts:
    """Implements DeletionPorts over the fakes."""

    file: Path
    repository: InMemoryVideoRepository = field(default_factory=InMemoryVideoRepository)
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    documents: InMemoryDocumentStore = field(default_factory=InMemoryDocumentStore)
    links: NamingLinks = field(default_factory=NamingLinks)
    clock: ManualClock = field(default_factory=ManualClock)
    jobs: FakeJobRunner | None = field(default_factory=FakeJobRunner)

    def __post_init__(self) -> None:
        self.driver = VideoDriver(self.repository, self.clock, FLOW)
        self.lifecycle = Lifecycle(FLOW)

    def upload(self) -> Video:
        ref = self.blobs.put("uploads", "ann/clip.mp4", self.file, "video/mp4")
        return self.driver.register(upload(generation=ref.generation))

    def hand_over(self, claim: Claim) -> None:
        hand_over = self.lifecycle.hand_over(claim, "ingest-abcde", self.clock.now(), start_within_s=900.0)
        self.repository.update(claim.video.id, hand_over)

    def objects(self) -> list[str]:
        return [found.ref.name for bucket in ("uploads", "media") for found in self.blobs.list_objects(bucket)]

    def remembered(self, video_id: str) -> Video:
        left = self.repository.update(video_id, lambda video: Change(answer=video))
        assert left is not None
        return left

    def published(self) -> list[str]:
        return [one.topic for one in self.bus.published]


@pytest.fixture
def ports(tmp_path: Path) -> FakeDeletionPorts:
    (tmp_path / "clip.mp4").write_text("video")
    return FakeDeletionPorts(tmp_path / "clip.mp4")


@pytest.mark.reliability("B27")
def test_nothing_is_left_and_it_is_announced_once(ports: FakeDeletionPorts) -> None:
    video = ports.upload()
    ports.blobs.put("media", f"videos/{video.id}/r1/ingest-1/out.mp4", ports.file, "video/mp4")
    ports.driver.finish(video)
    ports.repository.mark_published([event.event_id for event in ports.repository.outbox()])

    delete_video(ports, video.id, "media")

    assert ports.objects() == []
    assert ports.repository.get(video.id) is None
    assert ports.repository.attempts(video.id) == []
    assert ports.published() == ["video-deleted"]
    with pytest.raises(NotFound):
        delete_video(ports, video.id, "media")
    assert ports.published() == ["video-deleted"]
    assert ports.remembered(video.id).id == erased_id(video.id)


def test_it_tells_what_it_removed(ports: FakeDeletionPorts) -> None:
    video = ports.upload()
    out = ports.blobs.put("media", f"videos/{video.id}/r1/ingest-1/out.mp4", ports.file, "video/mp4")
    memo = ports.blobs.put("media", f"videos/{video.id}/{memo_key(video.source.generation)}/a", ports.file, "x/y")
    ports.driver.finish(video, {"tag": [tag("snow"), tag("ice")]})
    entry = AuditEntry(
        id="1", owner="ann", about=video.id, operation="o", subject="s", target=video.id, at=NOW, request_id=""
    )
    ports.documents.update(AuditEntry, "1", lambda _none: Edit(answer=None, document=entry), owner="ann")

    erasure = delete_video(ports, video.id, "media")

    source = video.source
    assert [(ref.bucket, ref.name) for ref in erasure.objects] == [
        (source.bucket, source.object),
        ("media", memo.name),
        ("media", out.name),
    ]
    assert erasure.records == {"Tag": 2, "Attempt": 5}
    assert (erasure.documents, erasure.complete) == (1, True)
    assert ports.documents.owned(AuditEntry, owner="ann") == []


def test_one_that_is_worked_on_is_remembered_until_the_worker_is_out_of_the_way(ports: FakeDeletionPorts) -> None:
    claim = ports.driver.claim(ports.upload(), "ingest")
    erasure = delete_video(ports, claim.video.id, "media")
    assert not erasure.complete
    assert ports.remembered(claim.video.id).id == claim.video.id
    late = ports.blobs.put("media", f"videos/{claim.video.id}/r1/ingest-1/late.mp4", ports.file, "video/mp4")
    again = finish_deletion(ports, ports.remembered(claim.video.id), "media", settled=True)
    assert again.objects == (late,)
    assert again.complete
    assert ports.remembered(claim.video.id).id == erased_id(claim.video.id)


def test_a_newer_upload_under_its_name_is_left_alone(ports: FakeDeletionPorts) -> None:
    video = ports.upload()
    newer = ports.blobs.put("uploads", "ann/clip.mp4", ports.file, "video/mp4")
    with captured_logs() as logs:
        erasure = delete_video(ports, video.id, "media")
    assert erasure.objects == ()
    assert [log["event"] for log in logs] == ["object_kept"]
    assert ports.blobs.stat("uploads", "ann/clip.mp4") == newer


def test_what_was_committed_before_is_announced_before(ports: FakeDeletionPorts) -> None:
    video = ports.upload()
    ports.driver.commit(ports.driver.claim(video, "ingest"))
    delete_video(ports, video.id, "media")
    assert ports.published() == ["video-registered", "video-ingested", "video-deleted"]


def test_the_job_that_works_on_it_is_cancelled(ports: FakeDeletionPorts) -> None:
    ports.hand_over(ports.driver.claim(ports.upload(), "ingest"))
    delete_video(ports, video_id_of("uploads", "ann/clip.mp4"), "media")
    assert ports.jobs is not None
    assert ports.jobs.cancelled == ["ingest-abcde"]


@pytest.mark.parametrize("jobs", [FakeJobRunner(), None])
def test_a_worker_that_is_no_job_is_left_to_notice(ports: FakeDeletionPorts, jobs: FakeJobRunner | None) -> None:
    ports.jobs = jobs
    claim = ports.driver.claim(ports.upload(), "ingest")
    if jobs is None:
        ports.hand_over(claim)  # by another deployment, of which nothing is known here
    delete_video(ports, claim.video.id, "media")
    assert jobs is None or jobs.cancelled == []


def test_a_job_that_can_not_be_cancelled_holds_nothing_up(ports: FakeDeletionPorts) -> None:
    ports.jobs = StubbornJobs()
    ports.hand_over(ports.driver.claim(ports.upload(), "ingest"))
    with captured_logs() as logs:
        delete_video(ports, video_id_of("uploads", "ann/clip.mp4"), "media")
    assert [log["event"] for log in logs] == ["cancel_failed"]
    assert ports.objects() == []
    assert ports.published() == ["video-registered", "video-deleted"]


def test_a_bus_that_is_down_is_told_and_leaves_the_rest_to_sweep(ports: FakeDeletionPorts) -> None:
    ports.bus = UnreachableBus(FLOW)
    video = ports.upload()
    with pytest.raises(TransientError, match="bus_unavailable"):
        delete_video(ports, video.id, "media")
    assert ports.repository.get(video.id) is None
    assert [event.type for event in ports.repository.outbox()] == ["video-registered", "video-deleted"]
    assert [waiting.id for waiting in ports.repository.unswept()] == [video.id]
