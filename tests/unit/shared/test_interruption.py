"""Giving back what a process is at, at any moment of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from shared import interruption
from shared.domain.change import Change
from shared.domain.errors import TransientError
from shared.domain.video import Video
from shared.interruption import check_not_ending, interrupt, interruptible
from shared.logs import bound_fields, logger
from shared.pipeline import load_flow
from shared.processors.stage import StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import StageRunner
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.logs import captured_logs
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, media_info

T = TypeVar("T")


@pytest.fixture(autouse=True)
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own."""
    monkeypatch.setattr(interruption, "_ending", threading.Event())
    monkeypatch.setattr(interruption, "_given_back_by", {})


def test_everything_is_given_back_in_its_own_context_whatever_becomes_of_the_others() -> None:
    def break_down() -> None:
        raise RuntimeError("the store is in flames")

    def tell() -> None:
        logger().warning("given_back")

    with captured_logs() as lines, interruptible(break_down), bound_fields(video_id="v1"), interruptible(tell):
        signalled = threading.Thread(target=interrupt)
        signalled.start()
        signalled.join()
    assert [(line["event"], line.get("video_id")) for line in lines] == [
        ("give_back_failed", None),
        ("given_back", "v1"),
    ]


def test_what_begins_too_late_is_given_back_at_once() -> None:
    given_back: list[bool] = []
    interrupt()
    with (
        pytest.raises(TransientError, match="stopped"),
        interruptible(lambda: given_back.append(True)),
    ):
        raise AssertionError("it was begun")
    assert given_back == [True]


def test_what_has_ended_is_not_given_back() -> None:
    with interruptible(lambda: pytest.fail("it was given back")):
        check_not_ending()
    interrupt()
    with pytest.raises(TransientError):
        check_not_ending()


class Interrupting(InMemoryVideoRepository):
    """A store during whose commits the process is told to end, before or after they take effect."""

    moment = ""

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        commits = decide.__qualname__.startswith("Outcomes.commit")
        if commits and self.moment == "before":
            interrupt()
        answer = super().update(video_id, decide)
        if commits and self.moment == "after":
            interrupt()
        return answer


class Probe:
    """Finds a usual clip; the process may be told to end meanwhile."""

    moment = ""

    def run(self, context: StageContext) -> StageOutcome:
        if self.moment == "at work":
            interrupt()
        if self.moment == "failing":
            interrupt()
            raise TransientError("tool_killed", "The machine ended the program.")
        return StageOutcome(media=media_info())


@pytest.mark.reliability("B22")
@pytest.mark.parametrize("moment", ["at work", "failing", "before", "after"])
def test_an_attempt_counts_once_or_not_at_all(moment: str, tmp_path: Path) -> None:
    repository, bus, stage = Interrupting(), InMemoryEventBus(load_flow()), Probe()
    repository.moment = stage.moment = moment
    driver = VideoDriver(repository)
    video = driver.upload()
    services = AttemptServices(
        repository=repository,
        blobs=InMemoryBlobStore(),
        clock=driver.clock,
        lifecycle=driver.lifecycle,
        media_bucket="media",
        work_dir=tmp_path,
        lease_s=LEASE_S,
        heartbeat_s=LEASE_S,
    )
    runner = StageRunner("ingest", stage, services, bus, upload_bucket="uploads", worker="one")
    (event,) = (event for event in repository.outbox(video_id=video.id))
    outcome: TransientError | None = None
    try:
        runner.handle(delivery_of(event))
    except TransientError as error:
        outcome = error
    (attempt,) = repository.attempts(video.id)
    after = driver.video(video.id)
    assert after.lease is None
    if moment == "after":
        assert (outcome, attempt.outcome, after.status) == (None, "succeeded", "ingested")
        assert repository.outbox(video_id=video.id) == []
    else:
        # An acknowledgement would leave the video to sweep.
        assert outcome is not None
        assert outcome.code == "interrupted"
        assert (attempt.outcome, after.status) == ("interrupted", "registered")
        assert after.attempts["ingest"] - after.interruptions["ingest"] == 0
