"""Every boundary x every kind of fault, then random schedules: lost 0, doubled 0, stuck 0."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.faults import FAULT_KINDS, FaultKind
from tests.pipeline.faulty_pipeline import STAGES, FaultyPipeline

SCHEDULES = 2000
SHARDS = 8
TOGETHER = 25
"""Schedules that share a data folder: opening one takes as long as a schedule, and a full one is swept slowly."""

pytestmark = [
    pytest.mark.reliability("B3", "B5", "B6", "B7", "B9", "B10", "B19", "B22"),
    pytest.mark.no_cover,  # which would take half as long again, and they reach nothing that the others do not
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: crashes are simulated, so waiting for a disk would show nothing."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


def boundaries(folder: Path) -> list[str]:
    """Returns the boundaries that an undisturbed run crosses, in order."""
    pipeline = FaultyPipeline(folder)
    video_id = pipeline.upload("ann/clip.mp4")
    pipeline.run(video_id)
    pipeline.assert_exactly_once(video_id)
    return pipeline.injector.reached


def test_an_undisturbed_run_crosses_every_boundary_of_every_stage(folder: Path) -> None:
    reached = boundaries(folder)
    for boundary in (
        "repository.update",
        "repository.records",
        "repository.outbox",
        "repository.mark_published",
        "blobs.get",
        "blobs.put",
        "bus.publish",
    ):
        assert reached.count(boundary) >= 5, f"{boundary} is no boundary in some stage: {reached}"


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_one_fault_at_every_boundary(kind: FaultKind, folder: Path) -> None:
    count = len(boundaries(folder / "undisturbed"))
    pipeline = FaultyPipeline(folder / "faulty")
    for number in range(count):
        pipeline.follow({number: kind})
        video_id = pipeline.upload(f"ann/{kind}-{number}.mp4")
        try:
            pipeline.run(video_id)
            pipeline.assert_exactly_once(video_id)
            if kind == "raced":
                assert sorted(pipeline.runs) == sorted(STAGES), "two workers did the same work at the same time"
        except AssertionError as error:
            raise AssertionError(f"{kind} at {number} ({pipeline.injector.reached[number]}): {error}") from error


@pytest.mark.reliability("B10")
def test_a_zombie_that_ends_while_its_successor_works_is_refused(folder: Path) -> None:
    """The successor dies at each of its boundaries and leaves its lease behind, which the zombie must not use."""
    reached = boundaries(folder / "undisturbed")
    put = reached.index("blobs.put")
    fenced = 0
    pipeline = FaultyPipeline(folder / "faulty")
    for later in range(1, 8):
        pipeline.follow({put: "overtaken", put + later: "crash before"})
        video_id = pipeline.upload(f"ann/{later}.mp4")
        pipeline.run(video_id)
        pipeline.assert_exactly_once(video_id)
        zombie, successor, *_ = pipeline.repository.attempts(video_id)
        if successor.stage == zombie.stage:
            assert zombie.outcome == "lost", "the zombie was believed"
            fenced += 1
    assert fenced >= 3


@pytest.mark.reliability("B8")
def test_work_lost_before_it_was_saved_is_done_once_more_and_both_tries_are_on_record(folder: Path) -> None:
    pipeline = FaultyPipeline(folder / "undisturbed")
    video_id = pipeline.upload("ann/clip.mp4")
    pipeline.run(video_id)
    analysis = pipeline.runs.index("analyze")
    commit = pipeline.injector.reached.index("repository.update", pipeline.boundary_of_run[analysis])

    pipeline = FaultyPipeline(folder / "faulty", {commit: "crash before"})
    video_id = pipeline.upload("ann/clip.mp4")
    pipeline.run(video_id)
    pipeline.assert_exactly_once(video_id)
    assert pipeline.runs.count("analyze") == 2
    tries = [attempt for attempt in pipeline.repository.attempts(video_id) if attempt.stage == "analyze"]
    assert [attempt.outcome for attempt in tries] == ["lost", "succeeded"]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_schedules(shard: int, folder: Path) -> None:
    """Two videos at once, messages shuffled, about one boundary in twelve faulty."""
    base = int(os.environ.get("SCHEDULE_SEED", random.randrange(2**31)))
    for number in range(SCHEDULES // SHARDS):
        if number % TOGETHER == 0:
            pipeline = FaultyPipeline(folder / str(number))
        seed = f"{base}-{shard}-{number}"
        dice = random.Random(seed)
        plan = {boundary: dice.choice(FAULT_KINDS) for boundary in range(80) if dice.random() < 0.08}
        pipeline.follow(plan)
        names = [f"ann/{shard}-{number}-{index}.mp4" for index in range(2)]
        video_ids = [pipeline.upload(name) for name in names]
        try:
            pipeline.run(*video_ids, order=dice)
            # A schedule may use up a stage's tries: a fair end, and one that a replay must be able to mend.
            while sum(pipeline.replay_poisoned(video_id) for video_id in video_ids):
                pipeline.run(*video_ids, order=dice)
            for video_id in video_ids:
                pipeline.assert_exactly_once(video_id)
        except AssertionError as error:
            raise AssertionError(f"SCHEDULE_SEED={base}, schedule {seed}, plan {plan}: {error}") from error
