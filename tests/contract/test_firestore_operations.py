"""How many documents Firestore is asked to write, read and delete, as infra/cost reckons with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from infra.cost.measurements import operations, own_document_writes
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.attempt import Effort, ToolRun
from shared.domain.records import Record
from shared.testing.driver import VideoDriver
from tests.contract.test_firestore_limits import HOURS, INPUTS, TOOLS, long_video
from tests.firestore_traffic import Traffic, recorded_traffic

Counts = Mapping[str, tuple[int, ...]]
"""Step -> documents written, read, deleted; writes to the video's own document."""

TOOL = ToolRun(command=("ffmpeg",), returncode=0, wall_s=9.9, cpu_s=9.9, peak_memory_bytes=1, log_tail="x" * 8192)


def counted(
    repository: FirestoreVideoRepository, traffic: Traffic, results: Mapping[str, Sequence[Record]], name: str
) -> Counts:
    """Takes a video through its life as the functions do, but for the heartbeats."""
    driver = VideoDriver(repository)
    counts: dict[str, tuple[int, ...]] = {}
    before: tuple[int, ...] = (0, 0, 0, 0)

    def note(step: str) -> None:
        nonlocal before
        own = sum(write.update.name.split("/")[-2] == "videos" for write in traffic.writes)
        now = (len(traffic.writes), traffic.reads, traffic.deletes, own)
        counts[step] = tuple(after - sooner for after, sooner in zip(now, before, strict=True))
        before = now

    note("nothing")
    video = driver.upload(name)
    while (spec := driver.flow.next_after_status(video.status)) is not None:
        claim = driver.claim(video, spec.stage)
        for kind in INPUTS[spec.stage]:
            repository.records(claim.video, kind)
        tools = (TOOL,) * (TOOLS[spec.stage] if results else 1)
        video = driver.commit(claim, results.get(spec.stage, ()), effort=Effort(tools=tools))
        repository.mark_published([event.event_id for event in repository.outbox(video_id=video.id)])
        note(spec.stage)
    repository.unswept()
    repository.prune(video)
    repository.update(video.id, driver.lifecycle.mark_swept(video))
    note("sweep")
    return {step: found for step, found in counts.items() if step != "nothing"}


def test_the_cost_model_counts_what_the_repository_does(
    firestore_repository: FirestoreVideoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic = recorded_traffic(monkeypatch)
    shortest = counted(firestore_repository, traffic, {}, "short.mp4")
    longest = counted(firestore_repository, traffic, long_video(), "long.mp4")

    print("\n" + "\n".join(f"{step}: {shortest[step]} .. {longest[step]}" for step in shortest))
    assert own_document_writes() == {step: counts[3] for step, counts in shortest.items()}
    assert operations().keys() == shortest.keys()
    for step, rates in operations().items():
        for what, least, most in zip(
            ("write", "read", "delete"), shortest[step][:3], longest[step][:3], strict=True
        ):
            assert rates[what].of({"media_s": 0}) == pytest.approx(least, abs=1), (step, what)
            assert rates[what].of({"media_s": HOURS * 3600}) == pytest.approx(most, abs=2), (step, what)
