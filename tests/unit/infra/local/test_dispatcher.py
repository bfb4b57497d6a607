from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.local import dispatcher as dispatching
from infra.local.dispatcher import Dispatcher
from shared.adapters.local_bus import LocalBus
from shared.adapters.system_clock import SystemClock
from shared.domain.errors import TransientError
from shared.domain.events import WorkRequested
from shared.pipeline import load_flow
from shared.ports.job_runner import Job, JobState
from shared.testing.videos import upload
from tests.undelivered import undelivered

FLOW = load_flow()
RUNNING = JobState(status="running")


@dataclass
class FakeJobs:
    """A JobRunner whose jobs end when a test says so."""

    jobs: list[Job] = field(default_factory=list)
    states: list[JobState] = field(default_factory=list)
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def start(self, job: Job) -> str:
        self.jobs.append(job)
        self.states.append(RUNNING)
        self.started.release()
        return str(len(self.jobs) - 1)

    def state(self, execution: str) -> JobState:
        return self.states[int(execution)]

    def cancel(self, execution: str) -> None:
        raise NotImplementedError


@dataclass
class Setup:
    bus: LocalBus
    jobs: FakeJobs
    wake: threading.Event
    settled: list[JobState]
    has_settled: threading.Semaphore
    dispatcher: Dispatcher
    thread: threading.Thread

    def publish(self, name: str = "ann/a.mp4") -> None:
        self.bus.publish("upload-finalized", upload(name))
        self.wake.set()

    def end(self, execution: int, state: JobState) -> None:
        self.jobs.states[execution] = state
        self.wake.set()
        assert self.has_settled.acquire(timeout=10)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    monkeypatch.setattr(dispatching, "EXTEND_EVERY_S", 0.0)
    bus = LocalBus(tmp_path / "bus.db", FLOW, SystemClock(), chance=lambda: 0.0)
    jobs, wake, has_settled = FakeJobs(), threading.Event(), threading.Semaphore(0)
    settled: list[JobState] = []

    def on_delivery(_job: Job, state: JobState) -> None:
        if state.status != "running":
            settled.append(state)
            has_settled.release()

    dispatcher = Dispatcher(bus, jobs, FLOW, workers=2, wake=wake, on_delivery=on_delivery)
    thread = threading.Thread(target=dispatcher.run)
    setup = Setup(bus, jobs, wake, settled, has_settled, dispatcher, thread)
    thread.start()
    yield setup
    dispatcher.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    bus.close()


def _until(true: Callable[[], bool], wake: threading.Event) -> None:
    for _ in range(500):
        if true():
            return
        wake.wait(0.02)
    raise AssertionError("it never came true")


def test_runs_the_function_that_consumes_the_topic(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    (job,) = setup.jobs.jobs
    assert job.stage == "ingest"
    assert job.timeout_s > FLOW.stage("ingest").longest_s
    assert job.delivery.data["message"]["attributes"]["objectId"] == "ann/a.mp4"


def test_acknowledges_what_succeeded(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    setup.end(0, JobState(status="succeeded"))
    _until(lambda: undelivered(setup.bus) == 0, setup.wake)


def test_delivers_again_what_failed(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    setup.end(0, JobState(status="failed", error="[disk_full] No."))
    setup.wake.set()
    assert setup.jobs.started.acquire(timeout=10)
    assert setup.jobs.jobs[1] == setup.jobs.jobs[0]


def test_waits_as_long_as_the_function_asks_for(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    setup.end(0, JobState(status="failed", error="[busy] Later.", retry_after_s=600.0))
    setup.wake.set()
    assert not setup.jobs.started.acquire(timeout=0.5)
    assert undelivered(setup.bus) == 1


def test_starts_no_more_than_there_are_workers(setup: Setup) -> None:
    for number in range(3):
        setup.publish(f"ann/{number}.mp4")
    assert setup.jobs.started.acquire(timeout=10)
    assert setup.jobs.started.acquire(timeout=10)
    assert not setup.jobs.started.acquire(timeout=0.5)
    setup.end(0, JobState(status="succeeded"))
    assert setup.jobs.started.acquire(timeout=10)


def test_draining_lets_what_runs_end_and_starts_nothing(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    setup.dispatcher.drain()
    setup.publish("ann/later.mp4")
    assert not setup.jobs.started.acquire(timeout=0.5)
    assert setup.thread.is_alive()

    setup.end(0, JobState(status="succeeded"))
    setup.thread.join(timeout=10)
    assert not setup.thread.is_alive()
    assert undelivered(setup.bus) == 1


def test_what_happened_last_is_still_told_while_draining(setup: Setup) -> None:
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    setup.dispatcher.drain()
    setup.bus.publish("delivery-due", WorkRequested(type="delivery-due", document_id="d", owner="ann"))
    setup.end(0, JobState(status="succeeded"))
    assert setup.jobs.started.acquire(timeout=10)
    assert setup.jobs.jobs[1].stage == "notify"
    setup.end(1, JobState(status="succeeded"))
    setup.thread.join(timeout=10)
    assert not setup.thread.is_alive()
    assert undelivered(setup.bus) == 0


def test_telling_does_not_keep_a_draining_dispatcher_for_long(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "TELL_FOR_S", -1.0)
    setup.dispatcher.drain()
    setup.bus.publish("delivery-due", WorkRequested(type="delivery-due", document_id="d", owner="ann"))
    setup.thread.join(timeout=10)
    assert not setup.thread.is_alive()
    assert undelivered(setup.bus) == 1


def test_keeps_the_lease_of_a_long_job(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    extended = threading.Semaphore(0)
    extend = setup.bus.extend

    def noted(*arguments: object) -> bool:
        extended.release()
        return extend(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(setup.bus, "extend", noted)
    setup.publish()
    for _ in range(3):
        assert extended.acquire(timeout=10)


def test_goes_on_when_the_bus_fails_for_a_while(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()
    lease = setup.bus.lease

    def failing_once(*arguments: object) -> object:
        if not failed.is_set():
            failed.set()
            raise TransientError("disk_full", "The disk is full.")
        return lease(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(setup.bus, "lease", failing_once)
    setup.publish()
    assert setup.jobs.started.acquire(timeout=10)
    assert failed.is_set()
