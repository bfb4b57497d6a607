"""The whole pipeline with its videos in Firestore: a fault at every boundary, commits that are not confirmed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions

from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.testing.faults import FAULT_KINDS
from tests.firestore_traffic import recorded_traffic
from tests.pipeline.faulty_pipeline import STAGES, FaultyPipeline

SEED = int(os.environ.get("SCHEDULE_SEED", random.randrange(2**31)))


@pytest.mark.reliability("B3", "B5", "B6", "B7", "B9", "B10", "B19", "B22")
def test_a_fault_at_every_call_of_the_repository(
    firestore_repository: FirestoreVideoRepository, tmp_path: Path
) -> None:
    """One kind at each, another one with every seed; all kinds at all boundaries are tried on SQLite."""

    def run(name: str, plan: dict[int, Any]) -> FaultyPipeline:
        pipeline = FaultyPipeline(tmp_path / name, plan, firestore_repository)
        video_id = pipeline.upload(f"ann/{name}.mp4")
        pipeline.run(video_id)
        pipeline.assert_exactly_once(video_id)
        return pipeline

    boundaries = run("undisturbed", {}).injector.reached
    calls = [number for number, boundary in enumerate(boundaries) if boundary.startswith("repository.")]
    assert len(calls) >= 4 * len(STAGES)
    for number in calls:
        kind = FAULT_KINDS[(SEED + number) % len(FAULT_KINDS)]
        try:
            run(f"{kind}-{number}", {number: kind})
        except AssertionError as error:
            raise AssertionError(
                f"SCHEDULE_SEED={SEED}, {kind} at {number} ({boundaries[number]}): {error}"
            ) from error


@pytest.mark.reliability("B18")
def test_commits_that_fail_or_are_not_confirmed(
    firestore_repository: FirestoreVideoRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third commit: half of those take place all the same."""
    dice = random.Random(SEED)
    unavailable: Any = exceptions.ServiceUnavailable

    def send(commit: Callable[[], Any]) -> Any:
        chance = dice.random()
        if chance > 1 / 6:
            answer = commit()
        if chance < 1 / 3:
            raise unavailable("injected")
        return answer

    recorded_traffic(monkeypatch).on_commit = send
    pipeline = FaultyPipeline(tmp_path, repository=firestore_repository)
    video_ids = [pipeline.upload(f"ann/{number}.mp4") for number in range(4)]
    try:
        pipeline.run(*video_ids, order=dice)
        for video_id in video_ids:
            pipeline.assert_exactly_once(video_id)
    except AssertionError as error:
        raise AssertionError(f"SCHEDULE_SEED={SEED}: {error}") from error
