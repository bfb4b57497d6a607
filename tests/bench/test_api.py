"""How fast the API answers, over a function that does nothing; and what many clients at once do to it."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from shared.testing.driver import VideoDriver

ROOT = Path(__file__).parents[2]
ROUNDS = 2000
CLIENTS = 200
LOAD_S = 60.0
EMPTY = """
import functions_framework

@functions_framework.http
def empty(request):
    return "{}"
"""

pytestmark = pytest.mark.bench


@contextmanager
def served(source: Path, target: str, data_dir: Path, threads: int = 8) -> Iterator[tuple[int, psutil.Process]]:
    """Serves a function as in production and yields its port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "AUTOMATIONS_DATA_DIR": str(data_dir),
        "AUTOMATIONS_QUOTA__REQUESTS_PER_MINUTE": str(10**9),
        "PYTHONPATH": str(ROOT),
        "THREADS": str(threads),
        "WORKERS": "1",
    }
    command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", target]
    with (data_dir / f"{target}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(port)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the function did not start")


class Asker:
    """Asks for one path over a connection that stays open."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._path = path
        self._headers = {"Authorization": f"Bearer {token}"}

    def __call__(self) -> float:
        """Asks once and returns the milliseconds that took."""
        started = time.perf_counter()
        self._connection.request("GET", self._path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def test_a_video_over_an_empty_function(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text(EMPTY)
    wiring = Bootstrap(Settings(data_dir=tmp_path))
    driver = VideoDriver(wiring.repository)
    video = driver.finish(driver.upload("ann/clip.mp4"))
    token = new_token(wiring, owner="ann", role="viewer", hours=1)
    with (
        served(tmp_path / "empty.py", "empty", tmp_path) as (empty_port, _),
        served(ROOT / "functions/api/main.py", "api", tmp_path) as (api_port, _),
        closing(Asker(empty_port, "/", token)) as empty,
        closing(Asker(api_port, f"/v1/videos/{video.id}", token)) as ours,
    ):
        for _ in range(ROUNDS // 10):
            empty(), ours()
        pairs = [(empty(), ours()) for _ in range(ROUNDS)]
    bare, full = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    print(f"\nGET /v1/videos/{{id}} over an empty function, {ROUNDS} of each in turns")
    for share in (0.5, 0.99):
        print(
            f"  p{share * 100:.0f}  {at(full, share) / at(bare, share):.2f}"
            f"     {at(full, share):.2f} over {at(bare, share):.2f} ms"
        )


def test_many_clients_at_once(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path))
    driver = VideoDriver(wiring.repository)
    ids = [driver.finish(driver.upload(f"ann/{number}.mp4")).id for number in range(50)]
    token = new_token(wiring, owner="ann", role="viewer", hours=1)
    paths = ["/v1/videos?limit=10", "/v1/search?q=clip", *(f"/v1/videos/{video_id}" for video_id in ids)]
    took_ms: list[float] = []
    errors: list[str] = []
    memory_mib: list[float] = []
    with served(ROOT / "functions/api/main.py", "api", tmp_path, threads=32) as (port, process):
        until = time.monotonic() + LOAD_S

        def client(number: int) -> None:
            with closing(Asker(port, paths[number % len(paths)], token)) as ask:
                while time.monotonic() < until:
                    try:
                        took_ms.append(ask())
                    except (AssertionError, OSError, http.client.HTTPException) as error:
                        errors.append(repr(error))

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            memory_mib.append(resident_mib(process))
            time.sleep(1)
        for thread in threads:
            thread.join()
    settled = memory_mib[len(memory_mib) // 3 :]
    print(f"\n{CLIENTS} clients for {LOAD_S:.0f} s")
    print(f"  {len(took_ms)} answers, {len(errors)} errors, p50 {statistics.median(took_ms):.0f} ms")
    print(f"  memory in the last two thirds {min(settled):.0f} to {max(settled):.0f} MiB")
    assert not errors, errors[:3]


def resident_mib(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    rss: float = sum(member.memory_info().rss for member in family) / 2**20
    return rss
