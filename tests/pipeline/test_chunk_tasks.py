"""Long videos through real tasks: local processes and a stub of Cloud Run, killed at random, come out the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from functions.ingest.main import endpoint as ingest
from functions.sweep.stage import Sweeper
from infra.local.emulators import cloud_run_emulator
from infra.local.source import SOURCE_ROOT
from shared.adapters.binaries import bundled
from shared.adapters.local_bus import LocalBus
from shared.bootstrap import Bootstrap
from shared.domain.codec import encode_json
from shared.domain.identity import chunks_key, object_prefix
from shared.runtime.deletion import delete_video
from tests.pipeline.chunked_video import (
    VIDEO_ID,
    Deployment,
    Killer,
    MakeDeployment,
    eventually,
    tasks_at_work,
    works_for,
)

JOB = "projects/demo/locations/local/jobs/automations-encode"
CHUNKS = 4
_TRANSCODE = """
import sys
from functions.sweep.stage import Sweeper
from functions.transcode.main import endpoint
from shared.domain.codec import decode_json
from shared.domain.wire import Delivery
endpoint().handle(decode_json(Delivery, sys.stdin.read()))
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen seconds that no encoder is done with at once."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    noise = "testsrc2=s=320x240:r=25:d=16,noise=alls=40:allf=t"
    source = ["-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", "sine=440:d=16"]
    command = [
        str(bundled("ffmpeg")),
        "-loglevel",
        "error",
        "-nostdin",
        *source,
        "-preset",
        "ultrafast",
        "-g",
        "50",
    ]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


@pytest.fixture
def deploy(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeDeployment]:
    buses = list[LocalBus]()

    def make(**settings: str) -> Deployment:
        data_dir = tmp_path / f"data-{len(buses)}"
        given = {
            "DATA_DIR": str(data_dir),
            "ENCODING__CHUNKS": "always",
            "ENCODING__CHUNK_S": "4",
            "ENCODING__WORKERS": "2",
            "LEASE_S": "2",
            "HEARTBEAT_S": "0.2",
            **settings,
        }
        for name, value in given.items():
            monkeypatch.setenv(f"AUTOMATIONS_{name}", value)
        wiring = Bootstrap()
        wiring.blobs.put("uploads", "ann/clip.mp4", clip, "video/mp4")
        bus = wiring.local_bus
        buses.append(bus)
        (first,) = bus.lease(1, 600, ["ingest"])
        ingest.__wrapped__().handle(first.delivery)
        bus.ack(first)
        (message,) = bus.lease(1, 600, ["transcode"])
        return Deployment(wiring, message)

    yield make
    for bus in buses:
        bus.close()


def test_tasks_that_are_killed_are_done_again_alone(deploy: MakeDeployment) -> None:
    untouched = deploy()
    untouched.transcode()
    assert untouched.mode.startswith(f"chunked: {CHUNKS} x")
    assert untouched.told("chunk_started") == untouched.told("chunk_done")
    assert set(untouched.told("chunk_done").values()) == {1}
    struck = deploy()
    seed = random.randrange(2**32)  # no secret
    print(f"seed {seed}")
    killer = Killer(seed, most=2)
    killer.start()
    struck.transcode()
    killer.end()
    assert killer.kills >= 1
    assert struck.told("chunk_started").total() <= CHUNKS + killer.kills
    assert set(struck.told("chunk_done").values()) == {1}
    assert len(struck.told("chunk_done")) == CHUNKS
    assert struck.pictures() == untouched.pictures()
    (attempt,) = struck.attempts()
    assert attempt.outcome == "succeeded"
    # Looking at the source tells its progress too.
    encodes = [run for run in attempt.tools if "-progress" in run.command and "piece.nut" in " ".join(run.command)]
    assert len(encodes) == CHUNKS
    assert attempt.cost.cpu_s > sum(run.cpu_s for run in encodes)
    assert struck.workspaces() == []


def test_a_killed_fan_in_goes_on_with_what_is_done(deploy: MakeDeployment) -> None:
    deployment = deploy(ENCODING__WORKERS="1")
    coordinator = subprocess.Popen(
        [sys.executable, "-c", _TRANSCODE],
        cwd=SOURCE_ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert coordinator.stdin is not None
    with closing(coordinator.stdin) as order:
        order.write(encode_json(deployment.delivery))
    done = eventually(lambda: deployment.done() or None)
    coordinator.kill()
    coordinator.wait()
    # What the killed one started ends with it; what was stored meanwhile counts.
    eventually(lambda: not [one for one in psutil.process_iter() if works_for(one, deployment)])
    done = deployment.done()
    assert 1 <= len(done) < CHUNKS
    before = deployment.told("chunk_started")
    deployment.transcode()
    again = deployment.told("chunk_started") - before
    assert not set(again) & done
    assert again.total() == CHUNKS - len(done)
    assert len(deployment.done()) == CHUNKS
    untouched = deploy()
    untouched.transcode()
    assert deployment.pictures() == untouched.pictures()
    assert [attempt.outcome for attempt in deployment.attempts()] == ["lost", "succeeded"]


def test_a_video_that_is_deleted_meanwhile_leaves_nothing(deploy: MakeDeployment) -> None:
    deployment = deploy()
    wiring = deployment.wiring
    worker = threading.Thread(target=deployment.transcode, daemon=True)
    worker.start()
    eventually(lambda: tasks_at_work(psutil.Process()))
    delete_video(wiring, VIDEO_ID, "media")
    worker.join(60)
    assert not worker.is_alive()
    assert not tasks_at_work(psutil.Process())
    assert deployment.workspaces() == []

    def swept() -> bool:
        Sweeper(wiring).run()
        return not deployment.leftovers()

    eventually(swept)
    assert wiring.repository.get(VIDEO_ID) is None


def test_the_tasks_of_a_cloud_run_job_do_the_same(
    deploy: MakeDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = deploy()
    local.transcode()
    cloud = deploy(JOBS=json.dumps({"encode": JOB}))
    settings = {
        "AUTOMATIONS_DATA_DIR": str(cloud.wiring.settings.data_dir),
        "AUTOMATIONS_JOBS": json.dumps({"encode": JOB}),
    }
    with cloud_run_emulator(tmp_path / "cloud-run", [JOB], settings) as stub:
        for name, value in stub.client_environment.items():
            monkeypatch.setenv(name, value)
        cloud.transcode()
        # By this name another attempt would find the tasks, if this one had died.
        named = cloud.wiring.blobs.stat("media", object_prefix(VIDEO_ID, chunks_key(1)) + "execution")
        execution = b"".join(cloud.wiring.blobs.read(named)).decode()
        jobs = Bootstrap().jobs
        assert jobs is not None
        # Its tasks have ended, or were told to once the last chunk was there.
        eventually(lambda: jobs.state(execution).status != "running")
    assert cloud.mode == local.mode
    assert cloud.pictures() == local.pictures()
