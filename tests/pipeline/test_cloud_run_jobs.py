"""A real transcode that goes out through Google's client, and whose task is a process, over embedded stores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from functions.ingest.main import endpoint as ingest
from functions.transcode.main import endpoint as transcode
from infra.local.emulators import Emulator, cloud_run_emulator
from shared.adapters.binaries import bundled
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Attempt
from shared.domain.identity import object_prefix, video_id_of
from shared.domain.records import Rendition
from shared.domain.video import Lease, Video
from shared.pipeline import DEFAULT_PIPELINE
from shared.ports.job_runner import JobState
from shared.runtime.deletion import delete_video

T = TypeVar("T")

JOB = "projects/demo/locations/local/jobs/automations-transcode"
VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")
BUILDERS: dict[str, Callable[[], Endpoint]] = {"ingest": ingest.__wrapped__, "transcode": transcode.__wrapped__}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=6", "-f", "lavfi", "-i", "sine=440:d=6"]
    command = [
        str(bundled("ffmpeg")),
        "-loglevel",
        "error",
        "-nostdin",
        *source,
        "-preset",
        "ultrafast",
        str(path),
    ]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
def hurried(tmp_path: Path) -> Path:
    """The flow, with a transcode function that has no time for anything."""
    flow = json.loads(DEFAULT_PIPELINE.read_text())
    (row,) = [row for row in flow["stages"] if row["stage"] == "transcode"]
    row["timeout_s"] = 0.01
    flow["listeners"] = []
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(flow))
    return path


@pytest.fixture
def stub(tmp_path: Path, hurried: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    settings = {
        "AUTOMATIONS_DATA_DIR": str(tmp_path / "data"),
        "AUTOMATIONS_PIPELINE": str(hurried),
        "AUTOMATIONS_HEARTBEAT_S": "0.1",
        "AUTOMATIONS_JOBS": json.dumps({"transcode": JOB}),
    }
    with cloud_run_emulator(tmp_path / "cloud-run", [JOB], settings) as stub:
        for name, value in {**settings, **stub.client_environment}.items():
            monkeypatch.setenv(name, value)
        yield stub


@pytest.fixture
def wiring(stub: Emulator, clip: Path) -> Iterator[Bootstrap]:
    """The deployment, with a video whose transcode was handed over."""
    wiring = Bootstrap()
    wiring.blobs.put("uploads", "ann/clip.mp4", clip, "video/mp4")
    with closing(wiring.local_bus) as bus:
        for stage in ("ingest", "transcode"):
            (message,) = bus.lease(1, 60)
            assert message.stage == stage
            BUILDERS[stage]().handle(message.delivery)
            bus.ack(message)
        yield wiring


def eventually(look: Callable[[], T | None]) -> T:
    """Returns what is there once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def video_of(wiring: Bootstrap) -> Video:
    video = wiring.repository.get(VIDEO_ID)
    assert video is not None
    return video


def take_up(wiring: Bootstrap) -> tuple[str, str]:
    """Returns the worker and the execution, once the task is at work."""

    def taken_up() -> Lease | None:
        lease = video_of(wiring).lease
        assert lease is not None
        return None if lease.awaits_job else lease

    lease = eventually(taken_up)
    assert lease.execution is not None
    return lease.worker, lease.execution


def end_of(wiring: Bootstrap, execution: str) -> JobState:
    """Returns how an execution ended, once it has."""

    def ended() -> JobState | None:
        assert wiring.jobs is not None
        state = wiring.jobs.state(execution)
        return None if state.status == "running" else state

    return eventually(ended)


def transcodes(wiring: Bootstrap) -> list[Attempt]:
    return [line for line in wiring.repository.attempts(VIDEO_ID) if line.stage == "transcode"]


@pytest.mark.reliability("B22")
def test_a_killed_task_is_tried_again_and_its_work_and_cost_are_on_record(wiring: Bootstrap) -> None:
    worker, execution = take_up(wiring)
    os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)
    assert end_of(wiring, execution).status == "succeeded"

    video = video_of(wiring)
    assert video.status == "transcoded"
    killed, done = transcodes(wiring)
    assert [(line.outcome, line.number) for line in (killed, done)] == [("lost", 1), ("succeeded", 2)]
    assert killed.worker == worker
    assert done.worker.startswith(f"{execution}:")
    assert done.cost.cpu_s > 0.1
    assert done.cost.bytes_written > 1000
    assert any("ffmpeg" in Path(tool.command[0]).name for tool in done.tools)
    kinds = {rendition.kind for rendition in wiring.repository.records(video, Rendition)}
    assert kinds == {"video", "audio", "mp4"}
    (message,) = wiring.local_bus.lease(10, 60)
    assert message.stage == "segment"


@pytest.mark.reliability("B27")
def test_deletion_cancels_the_execution_and_nothing_comes_back(wiring: Bootstrap) -> None:
    _, execution = take_up(wiring)
    delete_video(wiring, VIDEO_ID, "media")
    assert "cancelled" in end_of(wiring, execution).error
    assert wiring.repository.get(VIDEO_ID) is None
    assert list(wiring.blobs.list_objects("media", object_prefix(VIDEO_ID))) == []
    assert list(wiring.blobs.list_objects("uploads")) == []
