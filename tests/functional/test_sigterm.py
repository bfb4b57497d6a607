"""SIGTERM: what a process is at is given back within seconds, counts for nothing, and is taken up by the next."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from infra.local.emulators.kept_process import free_port
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.codec import encode_json
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import delivery_of
from tests.long_work import LongWork, wait_for

ROOT = Path(__file__).parents[2]
GIVEN_BACK_WITHIN_S = 4.0
GONE_WITHIN_S = 10.0
SERVE = [
    sys.executable,
    "-m",
    "gunicorn",
    "--config",
    "infra/gunicorn.conf.py",
    "functions_framework:create_app()",
]

STUBBORN = """
import time
from shared.processors.tagger import Tagger

class StubbornTagger(Tagger):
    name, version = "stubborn", "1"

    def tag(self, video):
        time.sleep(600)
        return ()
"""


@dataclass
class Served:
    """A function as its container runs it."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(self, method: str, path: str = "/", body: str | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, work: LongWork) -> int | None:
        """Delivers what has a video transcoded; None when the connection ends without an answer."""
        try:
            return self.ask("POST", body=json.dumps(work.delivery.data))[0]
        except (ConnectionError, http.client.RemoteDisconnected):
            return None

    def tools(self) -> list[psutil.Process]:
        return [one for one in psutil.Process(self.process.pid).children(recursive=True) if "ffmpeg" in one.name()]


@contextmanager
def served(function: str, data_dir: Path, **settings: str) -> Iterator[Served]:
    port = free_port()
    environment = {
        **os.environ,
        "FUNCTION_SOURCE": f"functions/{function}/main.py",
        "FUNCTION_TARGET": function,
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_DATA_DIR": str(data_dir),
        **settings,
    }
    with subprocess.Popen(SERVE, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            one = Served(process, port)
            wait_for(lambda: _is_alive(one), 60, "the function did not start")
            yield one
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _is_alive(one: Served) -> bool:
    try:
        return one.ask("GET", "/alive")[0] == 200
    except ConnectionError:
        return False


def ended_within(process: subprocess.Popen[bytes], timeout_s: float) -> float:
    """Sends SIGTERM and returns how long the process took to end."""
    began_s = time.monotonic()
    process.terminate()
    process.wait(timeout_s)
    return time.monotonic() - began_s


@pytest.fixture
def work(tmp_path: Path) -> LongWork:
    return LongWork.made(tmp_path / "data")


@pytest.mark.reliability("B16", "B22")
def test_a_transcode_is_given_back_and_taken_up_by_the_next(work: LongWork) -> None:
    data_dir = work.wiring.settings.data_dir
    with ThreadPoolExecutor() as clients, served("transcode", data_dir) as first:
        answers = [clients.submit(first.post, work)]
        wait_for(first.tools, 30, "FFmpeg did not start")
        answers.append(clients.submit(first.post, work))  # waits: there is one thread, and it is busy
        tools = first.tools()
        took_s = ended_within(first.process, GONE_WITHIN_S)
        assert [answer.result() in {503, None} for answer in answers] == [True, True]
    print(f"ended {took_s:.1f} s after SIGTERM")
    assert took_s < GIVEN_BACK_WITHIN_S
    assert work.outcomes == ["interrupted"]
    assert work.counted == 0
    assert not any(tool.is_running() for tool in tools)
    with ThreadPoolExecutor() as clients, served("transcode", data_dir) as second:
        clients.submit(second.post, work)
        wait_for(second.tools, 30, "the next delivery did not take it up")
        assert work.outcomes == ["interrupted", "running"]
        second.process.terminate()
        second.process.terminate()
        second.process.wait(GONE_WITHIN_S)
    assert work.outcomes == ["interrupted", "interrupted"]


@pytest.mark.reliability("B22")
def test_a_job_gives_its_work_back(work: LongWork) -> None:
    command = [sys.executable, "-m", "shared.adapters.job_task", "transcode", encode_json(work.delivery)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_DATA_DIR": str(work.wiring.settings.data_dir),
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment) as task:
        one = Served(task, 0)
        wait_for(one.tools, 30, "FFmpeg did not start")
        tools = one.tools()
        assert ended_within(task, GONE_WITHIN_S) < GIVEN_BACK_WITHIN_S
    assert task.returncode == 1
    assert (work.outcomes, work.counted) == (["interrupted"], 0)
    assert not any(tool.is_running() for tool in tools)


@pytest.mark.reliability("B22")
def test_what_can_not_be_interrupted_is_given_back_and_left(tmp_path: Path) -> None:
    package = tmp_path / "package" / "stubborn-1.dist-info"
    package.mkdir(parents=True)
    (package.parent / "stubborn.py").write_text(STUBBORN)
    (package / "METADATA").write_text("Name: stubborn\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[automations.taggers]\nstubborn = stubborn:StubbornTagger\n")
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    driver = VideoDriver(wiring.repository)
    video = driver.upload()
    for stage in ("ingest", "transcode", "segment", "analyze"):
        video = driver.commit(driver.claim(video, stage))
    event = next(event for event in wiring.repository.outbox(video_id=video.id) if event.type == "video-analyzed")
    paths = f"{ROOT}{os.pathsep}{package.parent}"
    settings = {"AUTOMATIONS_TAGGERS": "stubborn", "PYTHONPATH": paths}
    with ThreadPoolExecutor() as clients, served("tag", wiring.settings.data_dir, **settings) as tag:
        body = json.dumps(delivery_of(event).data)
        answer = clients.submit(tag.ask, "POST", "/", body)
        wait_for(lambda: driver.video(video.id).lease, 30, "nobody claimed it")
        began_s = time.monotonic()
        tag.process.terminate()
        wait_for(lambda: driver.video(video.id).lease is None, GIVEN_BACK_WITHIN_S, "it was not given back")
        tag.process.wait(GONE_WITHIN_S)
        print(f"ended {time.monotonic() - began_s:.1f} s after SIGTERM")
        assert time.monotonic() - began_s < GONE_WITHIN_S
        assert isinstance(answer.exception(), ConnectionError)
    assert [one.outcome for one in wiring.repository.attempts(video.id) if one.stage == "tag"] == ["interrupted"]


@pytest.mark.reliability("B22")
def test_an_idle_function_and_one_that_streams_end_at_once(tmp_path: Path) -> None:
    with served("sweep", tmp_path / "sweep") as sweep:
        assert ended_within(sweep.process, GONE_WITHIN_S) < GIVEN_BACK_WITHIN_S
        assert sweep.process.returncode == 0
    wiring = Bootstrap(Settings(data_dir=tmp_path / "api", log_level="error"))
    token = new_token(wiring, owner="ann", role="viewer", hours=1)
    with (
        served("api", tmp_path / "api", THREADS="4") as api,
        socket.create_connection(("127.0.0.1", api.port)) as s,
    ):
        s.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        assert b"200 OK" in s.recv(4096)
        api.process.terminate()
        told = b"".join(iter(lambda: s.recv(4096), b""))
        s.close()
        assert b"event: reconnect" in told
        assert api.process.wait(GIVEN_BACK_WITHIN_S) == 0
