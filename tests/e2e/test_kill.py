"""kill -9 of the whole one-machine stack at random moments, again and again, with videos in flight."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.identity import object_prefix
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.dead_letters import letters_in
from tests.undelivered import undelivered

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

ROOT = Path(__file__).parents[2]
KILLS = 20
VIDEOS = 3
MARK = "AUTOMATIONS_TEST_STACK"


@pytest.fixture
def longer_clip(clip: Path, tmp_path: Path) -> Path:
    """A clip that every stage needs a second or so for, so that a random moment finds all of them at work."""
    path = tmp_path / "longer.mp4"
    looped = ["-stream_loop", "5", "-i", str(clip), "-vf", "scale=854:480,fps=25", "-preset", "ultrafast"]
    subprocess.run([str(bundled("ffmpeg")), "-v", "error", "-nostdin", *looped, str(path)], check=True)
    return path


class Up:
    """One life of `automations up`."""

    def __init__(self, automations: Automations, log: Path) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                automations.command("up", "--port", "0", "--workers", "2"),
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={**automations.environment(), MARK: str(automations.data_dir)},
            )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


def relatives(data_dir: Path) -> list[psutil.Process]:
    """Returns every process that has to do with a data folder, workers and their tools included."""
    return [process for process in psutil.process_iter() if _belongs(process, data_dir)]


def _belongs(process: psutil.Process, data_dir: Path) -> bool:
    try:
        # Tools run with an empty environment, but in or on a folder below the data folder.
        words = [*process.cmdline(), process.cwd(), process.environ().get(MARK, "")]
    except psutil.Error:
        return False
    return any(str(data_dir) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE


def wait_for(condition: Callable[[], bool], timeout_s: float, what: Callable[[], str]) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


@pytest.mark.reliability("B4", "B5", "B7", "B9", "B17", "B22", "B24")
def test_everything_ends_ready_after_twenty_kills(
    automations: Automations, longer_clip: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("KILL_SEED", random.randrange(2**31)))
    moments = random.Random(seed)
    data_dir, log = automations.data_dir, tmp_path / "up.log"
    inbox = data_dir / "uploads" / "ann"
    inbox.mkdir(parents=True)
    wiring = Bootstrap(Settings(data_dir=data_dir, log_level="error"))

    killed_at: Counter[str] = Counter()
    for _ in range(KILLS):
        keep_in_flight(wiring, inbox, longer_clip)
        up = Up(automations, log)
        time.sleep(moments.uniform(1.0, 8.0))  # the moment is the point: it may be any
        up.kill()
        wait_for(lambda: not relatives(data_dir), 5, lambda: f"left behind: {relatives(data_dir)}")
        killed_at.update(video.status for video in wiring.repository.list_videos().videos)
    print(f"KILL_SEED={seed}; statuses when killed: {dict(killed_at)}")

    up = Up(automations, log)

    def settled() -> bool:
        videos = wiring.repository.list_videos().videos
        ready = [video.status for video in videos] == ["ready"] * VIDEOS
        # Duplicates that met a dead worker's lease come back once it has run out.
        return ready and not wiring.repository.unswept() and undelivered(wiring.local_bus) == 0

    def state() -> str:
        return f"KILL_SEED={seed}: {wiring.repository.list_videos().videos}; {log.read_text()[-4000:]}"

    wait_for(settled, 240, state)
    assert up.stop() == 0, state()
    wait_for(lambda: not relatives(data_dir), 5, lambda: f"left behind: {relatives(data_dir)}")

    assert wiring.repository.outbox() == [], state()
    assert letters_in(wiring.dead_letters) == [], state()
    assert list(data_dir.glob("work/*")) == [], state()
    for video in wiring.repository.list_videos().videos:
        assert_done_once(wiring, video)


def keep_in_flight(wiring: Bootstrap, inbox: Path, clip: Path) -> None:
    """Drops each video that is not on its way, once more if it is ready, so that every kill hits all of them."""
    ready = {video.source.name for video in wiring.repository.list_videos(status="ready").videos}
    for name in (f"clip{number}.mp4" for number in range(VIDEOS)):
        if name in ready or not (inbox / name).exists():
            shutil.copyfile(clip, inbox / name)


def assert_done_once(wiring: Bootstrap, video: Video) -> None:
    """One success a stage, and nothing stored but the results that count."""
    attempts = wiring.repository.attempts(video.id)
    succeeded = [(attempt.run, attempt.stage) for attempt in attempts if attempt.outcome == "succeeded"]
    assert len(succeeded) == len(set(succeeded)), attempts
    assert {stage for run, stage in succeeded if run == video.run} == set(video.results), attempts
    prefix = object_prefix(video.id)
    stored = {
        "/".join(item.ref.name.removeprefix(prefix).split("/")[:2])
        for item in wiring.blobs.list_objects("media", prefix)
    }
    assert stored <= set(video.results.values()), f"leftovers of crashed attempts: {stored}"
