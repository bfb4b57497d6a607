"""Long videos through real tasks: local processes and a stub of Cloud Run, killed at random, come out the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from functions.ingest.main import endpoint as ingest
from functions.sweep.stage import Sweeper
from functions.transcode.main import endpoint as transcode
from infra.local.emulators import cloud_run_emulator
from infra.local.source import SOURCE_ROOT
from shared.adapters.binaries import bundled
from shared.adapters.local_bus import LeasedMessage, LocalBus
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Attempt
from shared.domain.codec import encode_json
from shared.domain.errors import TransientError
from shared.domain.identity import chunks_key, object_prefix, video_id_of
from shared.domain.records import Choice, Rendition
from shared.domain.video import Video
from shared.domain.wire import Delivery
from shared.runtime.deletion import delete_video

T = TypeVar("T")

JOB = "projects/demo/locations/local/jobs/automations-encode"
VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")
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


@dataclass
class Deployment:
    """One machine with a video whose transcode is due."""

    wiring: Bootstrap
    message: LeasedMessage

    @property
    def delivery(self) -> Delivery:
        return self.message.delivery

    def transcode(self) -> None:
        """Transcodes as a queue has it done: again after what may pass, such as a dead worker's lease.

        Of a video that is deleted meanwhile the tasks may end before the attempt hears of it, and fails for that.
        """
        deadline = time.monotonic() + 60
        while True:
            try:
                return transcode.__wrapped__().handle(self.delivery)
            except TransientError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @property
    def video(self) -> Video:
        video = self.wiring.repository.get(VIDEO_ID)
        assert video is not None
        return video

    @property
    def mode(self) -> str:
        choices = self.wiring.repository.records(self.video, Choice)
        return next(choice.value for choice in choices if choice.subject == "mode")

    def attempts(self) -> list[Attempt]:
        return [line for line in self.wiring.repository.attempts(VIDEO_ID) if line.stage == "transcode"]

    def pictures(self) -> dict[str, str]:
        """Returns a digest of the packets of each streamed rendition."""
        found = {}
        for rendition in self.wiring.repository.records(self.video, Rendition):
            path = self.wiring.settings.data_dir / "media" / rendition.object.name
            command = [
                str(bundled("ffmpeg")),
                "-loglevel",
                "error",
                "-i",
                str(path),
                "-c",
                "copy",
                "-f",
                "md5",
                "-",
            ]
            found[f"{rendition.kind} {rendition.name}"] = subprocess.check_output(command, text=True, timeout=60)
        return found

    def done(self) -> set[str]:
        prefix = object_prefix(VIDEO_ID, chunks_key(1)) + "done/"
        return {Path(stored.ref.name).stem for stored in self.wiring.blobs.list_objects("media", prefix)}

    def leftovers(self) -> list[str]:
        listed = self.wiring.blobs.list_objects("media", object_prefix(VIDEO_ID))
        return [stored.ref.name for stored in listed if "/chunks/" in stored.ref.name]

    def workspaces(self) -> list[Path]:
        """Returns what lies where attempts and tasks work."""
        return list((self.wiring.settings.data_dir / "work").iterdir())

    def told(self, event: str, folder: str = "logs/chunks") -> Counter[str]:
        """Returns how often tasks said something of each chunk."""
        lines: Counter[str] = Counter()
        for log in (self.wiring.settings.data_dir / folder).glob("*.log"):
            for line in log.read_text().splitlines():
                with suppress(ValueError):
                    told = json.loads(line)
                    if told.get("event", told.get("message")) == event:
                        lines[told["key"]] += 1
        return lines


MakeDeployment = Callable[..., Deployment]


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


def eventually(look: Callable[[], T | None]) -> T:
    """Returns what is there once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it never came")


def tasks_at_work(parent: psutil.Process) -> list[psutil.Process]:
    """Returns the worker processes whose FFmpeg encodes a piece now."""
    found = []
    with suppress(psutil.Error):
        for process in parent.children(recursive=True):
            with suppress(psutil.Error):
                if process.name().startswith("ffmpeg") and any("piece.nut" in word for word in process.cmdline()):
                    worker = process.parent()
                    if worker is not None and "-progress" in process.cmdline():
                        found.append(worker)
    return found


class Killer(threading.Thread):
    """Kills tasks at random moments.

    Attributes:
        kills: How many.
    """

    def __init__(self, seed: int, most: int) -> None:
        super().__init__(daemon=True)
        self._random = random.Random(seed)  # no secret
        self._most = most
        self._over = threading.Event()
        self.kills = 0

    def run(self) -> None:
        while self.kills < self._most and not self._over.wait(self._random.uniform(0.05, 0.3)):
            at_work = tasks_at_work(psutil.Process())
            if at_work:
                self._random.choice(at_work).kill()
                self.kills += 1

    def end(self) -> None:
        self._over.set()
        self.join()


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
    eventually(lambda: not [one for one in psutil.process_iter() if _works_for(one, deployment)])
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


def _works_for(process: psutil.Process, deployment: Deployment) -> bool:
    with suppress(psutil.Error):
        folder = str(deployment.wiring.settings.data_dir)
        return process.pid != psutil.Process().pid and any(folder in word for word in process.cmdline())
    return False


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
