"""How often the runtime writes each document: Firestore sustains about one write a second.

At the border of two stages a video is written twice at once, by one stage's commit and the next one's claim;
between borders heartbeats write it. So a video that rushes through all stages is written eleven times within a
moment, once in a run, which Firestore takes as a burst; what lasts must stay below one write a second.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.adapters.system_clock import SystemClock
from shared.domain.events import Message
from shared.domain.lifecycle import Lifecycle
from shared.pipeline import load_flow
from shared.processors.stage import StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import StageRunner
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.videos import delivery_of, media_info, upload
from tests.firestore_traffic import Traffic, recorded_traffic

FLOW = load_flow()
FASTER = 20
"""Heartbeats follow each other so much faster than in production, so that a window passes so much faster."""
HEARTBEAT_S = Settings().heartbeat_s / FASTER
WINDOW_S = 10.0 / FASTER


class BusyStage:
    """Works for so many writes of its video, which are its heartbeats."""

    def __init__(self, traffic: Traffic, heartbeats: int) -> None:
        self._traffic = traffic
        self._heartbeats = heartbeats

    def run(self, context: StageContext) -> StageOutcome:
        self._traffic.await_commits(self._heartbeats)
        return StageOutcome(records=(), media=media_info() if context.video.media is None else None)


def process(repository: FirestoreVideoRepository, traffic: Traffic, heartbeats: int, work_dir: Path) -> None:
    bus = InMemoryEventBus(FLOW)
    services = AttemptServices(
        repository=repository,
        blobs=InMemoryBlobStore(),
        clock=SystemClock(),
        lifecycle=Lifecycle(FLOW),
        media_bucket="media",
        work_dir=work_dir,
        lease_s=30.0,
        heartbeat_s=HEARTBEAT_S,
    )
    message: Message = upload()
    for spec in FLOW.stages:
        stage = BusyStage(traffic, heartbeats)
        runner = StageRunner(spec.stage, stage, services, bus, upload_bucket="uploads", worker="w")
        runner.handle(delivery_of(message))
        message = bus.published[-1].message


def test_a_video_that_is_worked_on_is_written_less_than_once_a_second(
    firestore_repository: FirestoreVideoRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    traffic = recorded_traffic(monkeypatch)
    process(firestore_repository, traffic, heartbeats=6, work_dir=tmp_path)

    name, writes = traffic.busiest(WINDOW_S)
    print(f"\nat most {writes} writes within 10 s, of {name.rpartition('/documents/')[2]}")
    assert Counter(written for written, _ in traffic.written)[name] > 6 * len(FLOW.stages)
    assert writes < 10


def test_a_video_that_rushes_through_is_written_twice_a_stage(
    firestore_repository: FirestoreVideoRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    traffic = recorded_traffic(monkeypatch)
    process(firestore_repository, traffic, heartbeats=0, work_dir=tmp_path)

    stages = len(FLOW.stages)
    kinds: dict[str, Any] = {"videos": 1 + 2 * stages, "attempts": 2, "outbox": 2}
    for name, writes in Counter(name for name, _ in traffic.written).items():
        assert writes <= kinds[name.split("/")[-2]], name
