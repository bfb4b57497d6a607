"""Every function starts alone, as a process of functions-framework, and answers what Google Cloud sends it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).with_name("events")
FRAMEWORK = str(Path(sys.executable).with_name("functions-framework"))
START_S = 60.0

DELIVERIES = {
    "ingest": "eventarc-finalized",
    "transcode": "video-ingested",
    "segment": "video-transcoded",
    "analyze": "video-segmented",
    "tag": "video-analyzed",
    "sweep": "scheduler-tick",
}


@contextmanager
def started(function: str, environment: Mapping[str, str]) -> Iterator[http.client.HTTPConnection]:
    """Runs a function as its container would, and yields a connection to it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [FRAMEWORK, "--source", f"functions/{function}/main.py", "--target", function]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "WORKERS": "1", "THREADS": "1", **environment},
        start_new_session=True,
    ) as process:
        try:
            yield _connected(port, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _connected(port: int, process: subprocess.Popen[bytes]) -> http.client.HTTPConnection:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
        try:
            connection.connect()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return connection
    raise AssertionError("the function did not start")


def post(connection: http.client.HTTPConnection, recorded: str) -> int:
    """Sends a recorded request and returns the answer's status."""
    request = json.loads((EVENTS / f"{recorded}.json").read_text())
    connection.request("POST", "/", json.dumps(request["body"]), request["headers"])
    return connection.getresponse().status


def assert_ingest_looked(wiring: Bootstrap) -> None:
    """Checks that ingest committed and announced what it found: the file it was told of is not there."""
    video = wiring.repository.get(video_id_of("uploads", "ann/clip.mp4"))
    assert video is not None
    assert video.failure is not None
    assert video.failure.code == "source_deleted"
    assert not wiring.repository.outbox()


def test_a_function_starts_on_one_machine(tmp_path: Path) -> None:
    with started("ingest", {"AUTOMATIONS_DATA_DIR": str(tmp_path)}) as connection:
        assert post(connection, "eventarc-finalized") == 204
    assert_ingest_looked(Bootstrap(Settings(data_dir=tmp_path)))


def test_every_function_starts_on_google_cloud(google: dict[str, str]) -> None:
    for function, recorded in DELIVERIES.items():
        with started(function, google) as connection:
            assert post(connection, recorded) == 204, function
    wiring = Bootstrap()
    assert_ingest_looked(wiring)
    with started("api", google) as connection:
        token = new_token(wiring, owner="ann", role="viewer", hours=1)
        connection.request("GET", "/v1/videos", headers={"Authorization": f"Bearer {token}"})
        listed = json.loads(connection.getresponse().read())["videos"]
    assert [video["status"] for video in listed] == ["failed"]
