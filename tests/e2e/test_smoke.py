"""The smoke test of a deployment, on the one-machine stack: green when it works, red when it does not."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from infra.deploy.smoke import OWNER, SmokeError, SmokeTest
from shared.bootstrap import Bootstrap
from shared.domain.api_key import ApiKey
from shared.settings import Settings

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

ROOT = Path(__file__).parents[2]


def started(automations: Automations, **settings: str) -> str:
    """Starts the stack anew and returns where its API is."""
    for running in automations.started:
        running.kill()
        running.wait()
    process = subprocess.Popen(
        automations.command("up", "--port", "0"),
        cwd=ROOT,
        env={**automations.environment(), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    automations.started.append(process)
    return automations.wait_for(process, "API ").split()[-1]


def smoke(automations: Automations, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.deploy.smoke", url],
        cwd=ROOT,
        env={**automations.environment(), "AUTOMATIONS_DATA_DIR": str(automations.data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_nothing_is_left(automations: Automations) -> None:
    wiring = Bootstrap(Settings(data_dir=automations.data_dir, log_level="warning"))
    try:
        assert not wiring.repository.list_videos().videos
        assert not wiring.documents.owned(ApiKey, owner=OWNER)
    finally:
        wiring.close()


def test_a_deployment_that_works_passes_and_keeps_nothing(automations: Automations) -> None:
    ended = smoke(automations, started(automations))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "uploaded, processed, played and erased" in ended.stdout
    assert_nothing_is_left(automations)


def test_a_key_made_by_the_command_lets_in(automations: Automations) -> None:
    url = started(automations)
    key = automations.run("key", "--owner", "ann", "--role", "viewer", "--days", "1").strip()

    me = requests.get(f"{url}/v1/me", headers={"Authorization": f"Bearer {key}"}, timeout=30).json()
    assert (me["owner"], me["role"]) == ("ann", "viewer")


def test_a_deployment_that_processes_nothing_fails_and_keeps_nothing(automations: Automations) -> None:
    ended = smoke(automations, started(automations, AUTOMATIONS_LIMITS__MAX_DURATION_S="1"))

    assert ended.returncode == 1
    assert "too_long" in ended.stderr
    assert_nothing_is_left(automations)


def test_a_deployment_that_is_not_there_fails(automations: Automations) -> None:
    ended = smoke(automations, "http://127.0.0.1:9")

    assert ended.returncode == 1
    assert "The smoke test failed" in ended.stderr


MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvariant.m3u8\n"
VARIANT = "#EXTM3U\n#EXTINF:2.0,\nsegment.mp4\n"
FILES = {"/master.m3u8": MASTER, "/variant.m3u8": VARIANT, "/segment.mp4": "x", "/dash.mpd": "<MPD/>"}


@contextmanager
def media_of(files: dict[str, str]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"/segment.mp4": None}, "segment.mp4 was answered with 404"),
        ({"/segment.mp4": ""}, "segment is empty"),
        ({"/variant.m3u8": "#EXTM3U\n"}, "nothing after #EXTINF"),
        ({"/master.m3u8": None}, "master.m3u8 was answered with 404"),
        ({"/dash.mpd": None}, "dash.mpd was answered with 404"),
    ],
)
def test_what_can_not_be_played_is_found(changed: dict[str, str | None], said: str) -> None:
    files = {name: body for name, body in {**FILES, **changed}.items() if body is not None}
    with media_of(files) as url, pytest.raises(SmokeError, match=said):
        SmokeTest(url, "key").play({"hls": "/master.m3u8", "dash": "/dash.mpd"})
