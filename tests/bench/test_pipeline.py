"""What the machinery around the stages costs: delivery, claim, commit, publication; and duplicates."""

from __future__ import annotations

import resource
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest

from functions.transcode import main as transcode
from infra.local.stack import Stack
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.videos import delivery_of

VIDEOS = 7

pytestmark = pytest.mark.bench


def process(wiring: Bootstrap, stack: Stack, source: Path, name: str) -> tuple[Video, float]:
    """Uploads a video and returns it when it is ready, with the seconds that took."""
    started = time.perf_counter()
    wiring.blobs.put("uploads", name, source, "video/mp4")
    stack.wake()
    video_id = video_id_of("uploads", name)
    while (video := wiring.repository.get(video_id)) is None or video.status not in {"ready", "failed"}:
        time.sleep(0.002)
    assert video.status == "ready", video.failure
    return video, time.perf_counter() - started


def test_orchestration_per_stage(real_media: Path, tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    source = real_media / "bear-vp9-opus.webm"
    overheads_s = []
    with Stack(wiring, workers=1) as stack:
        process(wiring, stack, source, "bench/warm-up.webm")
        for number in range(VIDEOS):
            video, wall_s = process(wiring, stack, source, f"bench/{number}.webm")
            attempts = wiring.repository.attempts(video.id)
            overheads_s.append((wall_s - sum(attempt.cost.wall_s for attempt in attempts)) / len(attempts))
    print(f"\norchestration a stage (end to end less the attempts' own time), median of {VIDEOS}")
    print(f"  {statistics.median(overheads_s) * 1000:.0f} ms (range {min(overheads_s) * 1000:.0f} to "
          f"{max(overheads_s) * 1000:.0f})")  # fmt: skip


def test_duplicate_of_a_finished_event(real_media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AUTOMATIONS_LOG_LEVEL", "error")
    transcode.endpoint.cache_clear()
    wiring = Bootstrap()
    with Stack(wiring, workers=1) as stack:
        video, _ = process(wiring, stack, real_media / "ChromeCast.mp4", "bench/clip.mp4")
    (first,) = [attempt for attempt in wiring.repository.attempts(video.id) if attempt.stage == "transcode"]
    ingested = wiring.lifecycle.redrive(replace(video, status="ingested"))
    assert ingested is not None
    again = delivery_of(ingested)
    handle = transcode.endpoint().handle

    handle(again)  # opens the store
    before = cpu_s()
    for _ in range(20):
        handle(again)
    duplicate_s = (cpu_s() - before) / 20
    transcode.endpoint.cache_clear()
    assert len(wiring.repository.attempts(video.id)) == 5
    print("\nCPU of a duplicate of a finished event over the first (transcode)")
    print(f"  {duplicate_s / first.cost.cpu_s:.5f} ({duplicate_s * 1000:.1f} ms of {first.cost.cpu_s:.1f} s)")


def cpu_s() -> float:
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
