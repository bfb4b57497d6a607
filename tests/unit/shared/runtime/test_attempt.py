"""What an attempt does by itself while its stage works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from shared.domain.change import Change, Claim
from shared.domain.errors import LeaseLost, PermanentError, TransientError
from shared.domain.video import Cost, Lease, Video
from shared.runtime.attempt import AttemptServices, RunningAttempt
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.logs import captured_logs
from shared.testing.video_repository import InMemoryVideoRepository

T = TypeVar("T")


@dataclass
class Heard(InMemoryVideoRepository):
    """A store that tells of every heartbeat it has heard, and may be down for some."""

    beats: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    down_for: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        beating = threading.current_thread().name.startswith("heartbeat")
        try:
            if beating and self.down_for:
                self.down_for -= 1
                raise TransientError("store_unavailable", "Not now.")
            return super().update(video_id, decide)
        finally:
            if beating:
                self.beats.release()

    def wait_for_beats(self, number: int) -> None:
        """Waits for so many heartbeats from now on."""
        while self.beats.acquire(blocking=False):
            pass
        for _ in range(number):
            assert self.beats.acquire(timeout=10)


@pytest.fixture
def repository() -> Heard:
    return Heard()


@pytest.fixture
def driver(repository: Heard) -> VideoDriver:
    return VideoDriver(repository)


@pytest.fixture
def claim(driver: VideoDriver) -> Claim:
    return driver.claim(driver.upload(), "ingest")


@pytest.fixture
def attempt(driver: VideoDriver, claim: Claim, repository: Heard, tmp_path: Path) -> RunningAttempt:
    services = AttemptServices(
        repository=repository,
        blobs=InMemoryBlobStore(),
        clock=driver.clock,
        lifecycle=driver.lifecycle,
        media_bucket="media",
        work_dir=tmp_path / "work",
        lease_s=LEASE_S,
        heartbeat_s=0.02,
    )
    return RunningAttempt(claim, services, claim.spec.timeout_s)


def lease(driver: VideoDriver, claim: Claim) -> Lease:
    held = driver.video(claim.video.id).lease
    assert held is not None
    return held


@pytest.mark.reliability("B3")
def test_the_lease_lasts_as_long_as_the_stage_works(
    driver: VideoDriver, claim: Claim, attempt: RunningAttempt, repository: Heard
) -> None:
    with attempt:
        attempt.progress(0.5)
        driver.clock.advance(LEASE_S * 10)
        repository.wait_for_beats(2)  # the first may have begun before the clock moved
        assert lease(driver, claim).expires_at == driver.clock.now() + timedelta(seconds=LEASE_S)
        assert lease(driver, claim).progress == 0.5


@pytest.mark.reliability("B16")
def test_the_lease_of_one_that_hangs_ends_soon_after_its_time(
    driver: VideoDriver, claim: Claim, attempt: RunningAttempt
) -> None:
    with captured_logs() as logs, attempt:
        driver.clock.advance(claim.spec.timeout_s + 1)
        for heartbeat in [each for each in threading.enumerate() if each.name.startswith("heartbeat")]:
            heartbeat.join(timeout=10)
        driver.clock.advance(LEASE_S)
        assert lease(driver, claim).expires_at <= driver.clock.now()
    assert [line["event"] for line in logs] == ["attempt_overdue"]


def test_a_store_that_is_down_for_a_moment_ends_no_heartbeat(
    driver: VideoDriver, claim: Claim, attempt: RunningAttempt, repository: Heard
) -> None:
    repository.down_for = 3
    with captured_logs(), attempt:
        repository.wait_for_beats(4)
        driver.clock.advance(LEASE_S / 2)
        repository.wait_for_beats(2)
        assert lease(driver, claim).expires_at == driver.clock.now() + timedelta(seconds=LEASE_S)


@pytest.mark.reliability("B10", "B27")
def test_a_stage_that_lost_its_lease_is_told_and_stores_nothing(
    driver: VideoDriver, claim: Claim, attempt: RunningAttempt, tmp_path: Path
) -> None:
    (tmp_path / "out.mp4").write_bytes(b"content")
    with attempt:
        driver.delete(claim.video)
        for heartbeat in [each for each in threading.enumerate() if each.name.startswith("heartbeat")]:
            heartbeat.join(timeout=10)  # it ends with the lease
        with pytest.raises(LeaseLost):
            attempt.progress(0.9)
        with pytest.raises(LeaseLost):
            attempt.put(tmp_path / "out.mp4", "out.mp4", "video/mp4")
    assert not list(tmp_path.glob("work/*"))


def test_a_part_that_fails_stops_the_others_with_its_error(attempt: RunningAttempt, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"content")
    with attempt:
        attempt.progress(0.5)
        attempt.stop(PermanentError("corrupt", "The sound can't be decoded."))
        attempt.stop(TransientError("tool_killed", "In consequence."))
        with pytest.raises(PermanentError, match="corrupt"):
            attempt.progress(0.6)
        with pytest.raises(PermanentError, match="corrupt"):
            attempt.put(tmp_path / "out.mp4", "out.mp4", "video/mp4")


def test_what_a_model_costs_is_on_the_lease_at_the_next_heartbeat(
    driver: VideoDriver, claim: Claim, attempt: RunningAttempt, repository: Heard
) -> None:
    with attempt:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(1000):
                pool.submit(attempt.charge, Cost(model_calls=1, input_tokens=3, model_usd=0.25))
        repository.wait_for_beats(2)  # the first may have begun before the last charge
        cost = lease(driver, claim).cost
        assert (cost.model_calls, cost.input_tokens, cost.model_usd) == (1000, 3000, 250.0)
        assert attempt.effort.cost.model_calls == 1000


class TestMemo:
    """What is kept outlives the attempt, and belongs to one content of one video."""

    def test_the_next_attempt_recalls_it(self, driver: VideoDriver, tmp_path: Path) -> None:
        services, video = self.services(driver, tmp_path), driver.upload()
        first = driver.claim(video, "ingest")
        with RunningAttempt(first, services, 60) as attempt:
            assert attempt.recall("question") is None
            attempt.keep("question", b"answer")
            attempt.keep("question", b"a better answer")
            assert attempt.recall("question") == b"a better answer"
            assert attempt.recall("another question") is None
        driver.clock.advance(LEASE_S)
        with RunningAttempt(driver.claim(video, "ingest"), services, 60) as attempt:
            assert attempt.recall("question") == b"a better answer"
            assert attempt.effort.cost.bytes_read == len(b"a better answer")

    def test_other_content_and_other_videos_do_not(self, driver: VideoDriver, tmp_path: Path) -> None:
        services = self.services(driver, tmp_path)
        with RunningAttempt(driver.claim(driver.upload(), "ingest"), services, 60) as attempt:
            attempt.keep("question", b"answer")
        for video in (driver.upload(generation=2), driver.upload("ann/other.mp4")):
            with RunningAttempt(driver.claim(video, "ingest"), services, 60) as attempt:
                assert attempt.recall("question") is None

    @pytest.mark.reliability("B10", "B27")
    def test_a_stage_that_lost_its_lease_keeps_nothing(
        self, driver: VideoDriver, claim: Claim, attempt: RunningAttempt
    ) -> None:
        with attempt:
            driver.delete(claim.video)
            for heartbeat in [each for each in threading.enumerate() if each.name.startswith("heartbeat")]:
                heartbeat.join(timeout=10)
            with pytest.raises(LeaseLost):
                attempt.keep("question", b"answer")

    @staticmethod
    def services(driver: VideoDriver, folder: Path) -> AttemptServices:
        return AttemptServices(
            repository=driver.repository,
            blobs=InMemoryBlobStore(),
            clock=driver.clock,
            lifecycle=driver.lifecycle,
            media_bucket="media",
            work_dir=folder / "work",
            lease_s=LEASE_S,
            heartbeat_s=3600,
        )
