"""A transcode that would outlive its function: handed over to a job, and taken up by its task.

And all that can go wrong between the two, through the real runtime over the fakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from functions.sweep.stage import Sweeper
from shared.domain.attempt import Attempt
from shared.domain.errors import ConfigurationError, PipelineError, TransientError
from shared.domain.events import VideoEvent
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import INTERRUPTIONS_PER_ATTEMPT, Lifecycle
from shared.domain.records import Artifact
from shared.domain.video import Lease, Video
from shared.domain.wire import Delivery
from shared.pipeline import load_flow
from shared.ports.job_runner import Job
from shared.processors.stage import StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.deletion import delete_video
from shared.runtime.entrypoint import JobPlacement, StageRunner
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.jobs import FakeJobRunner
from shared.testing.logs import captured_logs
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, upload

FLOW = load_flow()
SPEC = FLOW.stage("transcode")
VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")
LEASE_S, START_S = 30.0, 900.0


class PowerCut(BaseException):
    """The process is gone: nothing of it is done any more."""


class ToyTranscode:
    """Stores one file; a test may have something happen before or after that."""

    def __init__(self) -> None:
        self.limits_s: list[float] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def run(self, context: StageContext) -> StageOutcome:
        self.limits_s.append(context.remaining_s())
        self.before()
        output = context.workspace / "output"
        output.write_text("rendition")
        stored = context.put(output, "output.mp4", "video/mp4")
        self.after()
        return StageOutcome(records=(Artifact(role="proxy", object=stored),))


class Cloud:
    """The transcode function, the job it may start, and the functions around them, with an ingested video.

    Attributes:
        expected_s: How long the function thinks that the transcode takes.
    """

    def __init__(self, folder: Path) -> None:
        self.flow = FLOW
        self.lifecycle = Lifecycle(FLOW)
        self.clock = ManualClock()
        self.repository = InMemoryVideoRepository()
        self.documents = InMemoryDocumentStore()
        self.blobs = InMemoryBlobStore()
        self.bus = InMemoryEventBus(FLOW)
        self.jobs = FakeJobRunner()
        self.links = NamingLinks()
        self.settings = Settings(lease_s=LEASE_S, job_start_s=START_S)
        self.stage = ToyTranscode()
        self.expected_s = 10_000.0
        self._folder = folder
        self.driver = VideoDriver(self.repository, self.clock, FLOW)
        source = folder / "clip.mp4"
        source.write_text("video")
        self.blobs.put("uploads", "ann/clip.mp4", source, "video/mp4")
        self.driver.commit(self.driver.claim(self.driver.upload(), "ingest"))
        *_, self.event = self.repository.outbox()
        self.repository.mark_published([self.event.event_id])

    @property
    def video(self) -> Video:
        return self.driver.video(VIDEO_ID)

    @property
    def lease(self) -> Lease:
        assert self.video.lease is not None
        return self.video.lease

    @property
    def attempts(self) -> list[Attempt]:
        return [line for line in self.repository.attempts(VIDEO_ID) if line.stage == "transcode"]

    @property
    def timeline(self) -> list[tuple[str, int]]:
        return [(line.outcome, line.number) for line in self.attempts]

    def published(self, topic: str) -> int:
        return [one.topic for one in self.bus.published].count(topic)

    def runner(self, worker: str, execution: str | None = None) -> StageRunner:
        services = AttemptServices(
            repository=self.repository,
            blobs=self.blobs,
            clock=self.clock,
            lifecycle=self.lifecycle,
            media_bucket="media",
            work_dir=self._folder / "work",
            lease_s=LEASE_S,
            heartbeat_s=1000.0,
        )
        placement = JobPlacement(jobs=self.jobs, expected_s=lambda _video: self.expected_s, start_within_s=START_S)
        return StageRunner(
            "transcode",
            self.stage,
            services,
            self.bus,
            upload_bucket="uploads",
            worker=worker,
            limited=execution is None,
            placement=placement if execution is None else None,
            execution=execution,
        )

    def deliver(self, event: VideoEvent | None = None) -> None:
        """Delivers the event that the transcode waits for to its function."""
        self.runner("function").handle(delivery_of(event or self.event))

    def run_task(self, number: int = 0, attempt: int = 0) -> None:
        """Runs a task of a job that was started."""
        execution, job = list(self.jobs.started.items())[number]
        self.runner(f"{execution}:{attempt}", execution).handle(job.delivery)

    def sweep(self) -> list[Delivery]:
        """Runs sweep and returns what it sent to the transcode function again."""
        Sweeper(self).run()
        sent = [delivery for stage, delivery in self.bus.waiting if stage == "transcode"]
        self.bus.waiting.clear()
        return sent


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with captured_logs():  # tracebacks for people take their time to draw
        yield Cloud(tmp_path)


def test_a_job_continues_the_attempt_that_the_function_began(cloud: Cloud) -> None:
    cloud.deliver()
    assert cloud.stage.limits_s == []
    assert (cloud.lease.worker, cloud.lease.execution) == ("transcode-0", "transcode-0")
    assert cloud.timeline == [("running", 1)]
    (job,) = cloud.jobs.started.values()
    assert (job.stage, job.timeout_s > SPEC.longest_s) == ("transcode", True)

    cloud.clock.advance(START_S / 2)
    cloud.run_task()
    assert (cloud.video.status, cloud.video.lease) == ("transcoded", None)
    assert cloud.timeline == [("succeeded", 1)]
    (attempt,) = cloud.attempts
    assert attempt.worker == "transcode-0:0"
    assert attempt.cost.bytes_written == len("rendition")
    assert (attempt.ended_at, attempt.started_at) == (
        cloud.clock.now(),
        cloud.clock.now() - timedelta(seconds=START_S / 2),
    )
    assert cloud.published("video-transcoded") == 1
    assert cloud.stage.limits_s == [SPEC.longest_s]


def test_a_short_transcode_stays_in_the_function_with_the_functions_time(cloud: Cloud) -> None:
    cloud.expected_s = 10.0
    cloud.deliver()
    assert cloud.video.status == "transcoded"
    assert cloud.stage.limits_s == [SPEC.timeout_s]
    assert not cloud.jobs.started


def test_what_did_not_end_well_in_the_function_goes_out(cloud: Cloud) -> None:
    cloud.expected_s = 10.0
    cloud.stage.before = fail
    with pytest.raises(TransientError):
        cloud.deliver()
    cloud.deliver()
    assert list(cloud.jobs.started) == ["transcode-0"]
    assert cloud.timeline == [("retry", 1), ("running", 2)]


@pytest.mark.reliability("B1", "B3")
def test_duplicates_are_done_with_while_a_job_waits_works_and_has_ended(cloud: Cloud) -> None:
    cloud.deliver()
    cloud.deliver()
    cloud.stage.before = cloud.deliver
    cloud.run_task()
    cloud.deliver()
    assert len(cloud.jobs.started) == 1
    assert cloud.timeline == [("succeeded", 1)]
    assert cloud.published("video-transcoded") == 1


@pytest.mark.reliability("B22")
def test_the_retry_of_a_killed_task_takes_over_at_once(cloud: Cloud) -> None:
    cloud.deliver()
    cloud.stage.before = cut_power
    with pytest.raises(PowerCut):
        cloud.run_task()
    killed = cloud.lease
    cloud.stage.before = nothing
    cloud.run_task(attempt=1)
    assert killed.expires_at > cloud.clock.now()
    assert cloud.video.status == "transcoded"
    assert cloud.timeline == [("lost", 1), ("succeeded", 2)]


@pytest.mark.reliability("B10")
def test_a_task_that_was_taken_for_dead_commits_nothing(cloud: Cloud) -> None:
    def be_overtaken() -> None:
        cloud.stage.after = nothing
        cloud.run_task(attempt=1)

    cloud.deliver()
    cloud.stage.after = be_overtaken
    cloud.run_task()
    assert cloud.timeline == [("lost", 1), ("succeeded", 2)]
    assert list(cloud.video.results.values())[-1].endswith(f"-{cloud.attempts[-1].token}")
    assert cloud.published("video-transcoded") == 1


@pytest.mark.reliability("B25")
def test_a_job_that_never_begins_is_replaced_and_not_held_against_the_video(cloud: Cloud) -> None:
    cloud.deliver()
    for number in range(SPEC.max_attempts + 1):
        cloud.clock.advance(START_S - 1)
        assert cloud.sweep() == []
        cloud.clock.advance(1 + cloud.settings.redrive_after_s)
        (again,) = cloud.sweep()
        cloud.runner("function").handle(again)
        assert len(cloud.jobs.started) == number + 2
    cloud.run_task(SPEC.max_attempts + 1)
    assert cloud.video.status == "transcoded"
    assert {outcome for outcome, _ in cloud.timeline[:-1]} == {"interrupted"}
    cloud.run_task(0)  # the first job begins at last, and finds nothing to do
    assert len(cloud.stage.limits_s) == 1


def test_jobs_that_never_begin_come_to_an_end(cloud: Cloud) -> None:
    for _ in range(SPEC.max_attempts * INTERRUPTIONS_PER_ATTEMPT + 1):
        cloud.deliver()
        cloud.clock.advance(START_S)
    assert len(cloud.jobs.started) == SPEC.max_attempts * INTERRUPTIONS_PER_ATTEMPT
    assert cloud.video.failure is not None
    assert cloud.video.failure.code == "poison"


@pytest.mark.reliability("B25")
@pytest.mark.parametrize(
    "refusal",
    [TransientError("job_unavailable", "The quota is used up."), ConfigurationError("job_missing", "Create it.")],
)
def test_a_job_that_can_not_be_started_for_a_day_is_started_then(cloud: Cloud, refusal: PipelineError) -> None:
    cloud.jobs.refusal = refusal
    for _ in range(24 * 6):
        with pytest.raises(type(refusal)):
            cloud.deliver()
        assert cloud.video.lease is None
        cloud.clock.advance(600)
    assert {(line.outcome, line.code, line.number) for line in cloud.attempts} == {
        ("interrupted", refusal.code, 1)
    }

    cloud.jobs.refusal = None
    cloud.deliver()
    cloud.run_task()
    assert cloud.video.status == "transcoded"
    assert cloud.timeline[-1] == ("succeeded", 1)


class CrashAfterStart(FakeJobRunner):
    """Starts the job, and then the power goes."""

    def start(self, job: Job) -> str:
        super().start(job)
        raise PowerCut


@pytest.mark.parametrize("first", ["task", "redelivery"])
def test_a_function_that_dies_between_starting_and_handing_over_doubles_nothing(cloud: Cloud, first: str) -> None:
    started, cloud.jobs = cloud.jobs, CrashAfterStart()
    with pytest.raises(PowerCut):
        cloud.deliver()
    started.started = cloud.jobs.started
    cloud.jobs = started
    with pytest.raises(TransientError, match="busy"):  # for the function may be alive: the job tries again
        cloud.run_task()
    cloud.clock.advance(LEASE_S)
    if first == "task":
        cloud.stage.before = cloud.deliver
        cloud.run_task()
        assert len(cloud.jobs.started) == 1
    else:
        cloud.deliver()
        cloud.run_task(0)
        assert cloud.stage.limits_s == []
        cloud.run_task(1)
    assert len(cloud.stage.limits_s) == 1
    assert cloud.timeline == [("lost", 1), ("succeeded", 2)]
    assert cloud.video.status == "transcoded"


def test_a_task_faster_than_the_hand_over_tries_again(cloud: Cloud) -> None:
    class Fast(FakeJobRunner):
        def start(self, job: Job) -> str:
            execution = super().start(job)
            with pytest.raises(TransientError, match="busy"):
                cloud.run_task()
            return execution

    cloud.jobs = Fast()
    cloud.deliver()
    cloud.run_task(attempt=1)
    assert cloud.timeline == [("succeeded", 1)]


def test_a_job_whose_hand_over_comes_too_late_leaves_it_to_the_other(cloud: Cloud) -> None:
    class Slow(FakeJobRunner):
        def start(self, job: Job) -> str:
            execution = super().start(job)
            if len(self.started) == 1:
                cloud.clock.advance(LEASE_S)
                cloud.deliver()
            return execution

    cloud.jobs = Slow()
    cloud.deliver()
    assert cloud.lease.execution == "transcode-1"
    cloud.run_task(0)
    cloud.run_task(1)
    assert len(cloud.stage.limits_s) == 1
    assert cloud.video.status == "transcoded"


@pytest.mark.reliability("B23")
@pytest.mark.parametrize("killed", [False, True])
def test_a_task_that_always_fails_ends_as_poison_after_max_attempts(cloud: Cloud, *, killed: bool) -> None:
    cloud.deliver()
    cloud.stage.before = cut_power if killed else fail
    for attempt in range(SPEC.max_attempts):
        with pytest.raises((PowerCut, TransientError)):
            cloud.run_task(attempt=attempt)
    cloud.run_task(attempt=SPEC.max_attempts)
    assert len(cloud.stage.limits_s) == SPEC.max_attempts
    assert cloud.video.failure is not None
    assert cloud.video.failure.code == "poison"
    assert cloud.published("video-failed") == 1


@pytest.mark.reliability("B25")
def test_a_job_that_gave_up_is_replaced_when_sweep_comes_by(cloud: Cloud) -> None:
    cloud.deliver()
    cloud.stage.before = fail
    with pytest.raises(TransientError):
        cloud.run_task()
    cloud.stage.before = nothing
    cloud.clock.advance(cloud.settings.redrive_after_s)
    (again,) = cloud.sweep()
    cloud.runner("function").handle(again)
    cloud.run_task(1)
    assert cloud.timeline == [("retry", 1), ("succeeded", 2)]


@pytest.mark.reliability("B11")
@pytest.mark.parametrize("waits", [True, False])
def test_a_newer_generation_ends_the_job_of_the_older(cloud: Cloud, *, waits: bool) -> None:
    def overwrite() -> None:
        cloud.driver.register(upload(generation=7))

    cloud.deliver()
    if waits:
        overwrite()
    else:
        cloud.stage.after = overwrite
    cloud.run_task()
    assert (cloud.video.run, cloud.video.status, cloud.video.results) == (2, "registered", {})
    assert cloud.timeline == [("superseded", 1)]
    assert cloud.published("video-transcoded") == 0


@pytest.mark.reliability("B27")
@pytest.mark.parametrize("waits", [True, False])
def test_deletion_ends_the_job_and_nothing_comes_back(cloud: Cloud, *, waits: bool) -> None:
    def delete() -> None:
        delete_video(cloud, VIDEO_ID, "media")

    cloud.deliver()
    if waits:
        delete()
    else:
        cloud.stage.after = delete
    cloud.run_task()
    assert cloud.jobs.cancelled == ["transcode-0"]
    assert cloud.repository.get(VIDEO_ID) is None
    assert cloud.published("video-deleted") == 1
    assert cloud.published("video-transcoded") == 0
    cloud.clock.advance(LEASE_S)
    cloud.sweep()
    assert list(cloud.blobs.list_objects("media")) == []


def test_a_task_of_another_job_can_not_take_an_attempt_up(cloud: Cloud) -> None:
    cloud.deliver()
    (job,) = cloud.jobs.started.values()
    cloud.runner("transcode-9:0", "transcode-9").handle(job.delivery)
    assert cloud.lease == replace(cloud.lease, worker="transcode-0")
    assert cloud.stage.limits_s == []


def nothing() -> None:
    pass


def fail() -> None:
    raise TransientError("tool_failed", "FFmpeg ended with status 1.")


def cut_power() -> None:
    raise PowerCut
