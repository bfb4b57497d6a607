"""kill -9 of the whole one-machine stack at random moments, again and again, with videos in flight."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.local.sample import render_sample

ROOT = Path(__file__).parents[2]
KILLS = 20
VIDEOS = 3

pytestmark = pytest.mark.reliability("B4", "B5", "B7", "B9", "B22", "B24")


def automations(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", "from infra.local.cli import main; main()", *map(str, arguments)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Up:
    """One life of `automations up`, in a process group that a test can look through after its death."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                automations("up", "--data-dir", data_dir, "--port", str(free_port()), "--workers", "2"),
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={**os.environ, "AUTOMATIONS_TEST_STACK": str(data_dir)},
            )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


def relatives(data_dir: Path) -> list[psutil.Process]:
    """Returns every process whose command line or open folder has to do with a data folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if any(str(data_dir) in word for word in words) or _started_for(process, data_dir):
            found.append(process)
    return found


def _started_for(process: psutil.Process, data_dir: Path) -> bool:
    try:
        return process.environ().get("AUTOMATIONS_TEST_STACK") == str(data_dir)
    except psutil.Error:
        return False


def wait_for(condition: Callable[[], bool], timeout_s: float, what: Callable[[], str]) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


def statuses(data_dir: Path) -> dict[str, str]:
    if not (data_dir / "videos.db").exists():
        return {}
    with sqlite3.connect(f"file:{data_dir / 'videos.db'}?mode=ro", uri=True) as database:
        rows = database.execute("select id, status from videos").fetchall()
    return dict(rows)


@pytest.mark.timeout(900)
def test_everything_ends_ready_after_twenty_kills(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    data_dir, log = tmp_path / "data", tmp_path / "up.log"
    clip = tmp_path / "clip.mp4"
    render_sample(clip)
    inbox = data_dir / "uploads" / "ann"
    inbox.mkdir(parents=True)
    for number in range(VIDEOS):
        shutil.copyfile(clip, inbox / f"clip{number}.mp4")

    for _ in range(KILLS):
        up = Up(data_dir, log)
        time.sleep(moments.uniform(0.5, 8.0))
        up.kill()
        wait_for(lambda: not relatives(data_dir), 5, lambda: f"left behind: {relatives(data_dir)}")

    up = Up(data_dir, log)
    wait_for(
        lambda: list(statuses(data_dir).values()) == ["ready"] * VIDEOS,
        300,
        lambda: f"seed {seed}: {statuses(data_dir)}; log: {log.read_text()[-4000:]}",
    )
    assert up.stop() == 0
    wait_for(lambda: not relatives(data_dir), 5, lambda: f"left behind: {relatives(data_dir)}")

    with sqlite3.connect(data_dir / "videos.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("select count(*) from outbox where published = 0").fetchone() == (0,)
    assert not any((data_dir / "work").iterdir())
    shown = subprocess.run(
        automations("list", "--json", "--data-dir", data_dir), cwd=ROOT, capture_output=True, check=True
    )
    for video in json.loads(shown.stdout):
        assert_only_results_are_stored(data_dir, video)


def assert_only_results_are_stored(data_dir: Path, video: dict[str, object]) -> None:
    """Every object in the media bucket belongs to the one result set of its stage that counts."""
    stored = data_dir / "media" / "videos" / str(video["id"])
    attempts = {path.name for run in stored.iterdir() for path in run.iterdir()}
    stages = [attempt.rpartition("-")[0] for attempt in attempts]
    assert len(stages) == len(set(stages)), f"leftovers of crashed attempts: {attempts}"
