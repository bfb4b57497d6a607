"""A large file through a network that keeps breaking, to a server that is killed once."""

from __future__ import annotations

import base64
import random
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import google_crc32c
import pytest
import requests

from tests.cutting_proxy import CuttingProxy
from tests.resumable_client import send_file

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

ROOT = Path(__file__).parents[2]
SIZE_BYTES = 300 * 2**20
CUTS = 10
SEED = 20261121
READY_WITHIN_S = 90


@pytest.fixture
def large_clip(clip: Path, tmp_path: Path) -> Path:
    """A clip of 300 MiB: an MP4 may hold any bytes in a box that players skip."""
    path = tmp_path / "large.mp4"
    content, chance = clip.read_bytes(), random.Random(SEED)
    padding_bytes = SIZE_BYTES - len(content)
    with path.open("wb") as file:
        file.write(content + padding_bytes.to_bytes(4) + b"free")
        left_bytes = padding_bytes - 8
        while left_bytes:
            left_bytes -= file.write(chance.randbytes(min(2**20, left_bytes)))
    return path


def checksum_of(path: Path) -> str:
    checksum = google_crc32c.Checksum()
    with path.open("rb") as file:
        while block := file.read(2**20):
            checksum.update(block)
    return base64.b64encode(checksum.digest()).decode()


class Server:
    """`automations up`, and somebody who may use it."""

    def __init__(self, automations: Automations) -> None:
        self.automations = automations
        self.process, self.url = self._up()
        self.headers = {"Authorization": f"Bearer {automations.run('token', '--owner', 'ann').strip()}"}

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def _up(self) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            self.automations.command("up", "--port", "0"),
            cwd=ROOT,
            env=self.automations.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.automations.started.append(process)
        url = self.automations.wait_for(process, "API ").split()[-1]
        self.automations.wait_for(process, "Ctrl-C stops")
        return process, url

    def kill_and_restart(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process, self.url = self._up()

    def get(self, path: str) -> Any:
        response = requests.get(f"{self.url}{path}", headers=self.headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def settled(self, video_id: str) -> dict[str, Any]:
        """Waits until the pipeline is done with a video."""
        give_up_at = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up_at:
            video: dict[str, Any] = self.get(f"/v1/videos/{video_id}")
            if video["status"] in {"ready", "failed"}:
                return video
            time.sleep(0.1)
        raise AssertionError(f"not done after {READY_WITHIN_S} s: {video}")


@pytest.mark.reliability("B22", "B24")
def test_a_large_file_arrives_whole_over_broken_connections_and_a_killed_server(
    automations: Automations, large_clip: Path
) -> None:
    server, chance = Server(automations), random.Random(SEED)
    asked: dict[str, Any] = {
        "name": "large.mp4",
        "size_bytes": SIZE_BYTES,
        "title": "Large",
        "crc32c": checksum_of(large_clip),
    }
    upload = requests.post(f"{server.url}/v1/uploads", json=asked, headers=server.headers, timeout=30).json()
    assert server.get(f"/v1/videos/{upload['video_id']}")["status"] == "uploading"

    proxy = CuttingProxy(server.port, sorted(chance.sample(range(SIZE_BYTES), CUTS)))

    def restart_half_way() -> None:
        until_s = time.monotonic() + READY_WITHIN_S
        while proxy.made < CUTS // 2:
            assert time.monotonic() < until_s
            time.sleep(0.01)
        server.kill_and_restart()
        proxy.port = server.port

    restart = threading.Thread(target=restart_half_way)
    restart.start()
    made = send_file(f"{proxy.url}{upload['url']}", large_clip, patience_s=120)
    restart.join()
    proxy.close()

    assert proxy.made == CUTS
    assert (made["size"], made["crc32c"]) == (str(SIZE_BYTES), asked["crc32c"])
    stored = automations.data_dir / "uploads" / "ann" / upload["id"] / "large.mp4"
    assert checksum_of(stored) == asked["crc32c"]
    video = server.settled(upload["video_id"])
    assert (video["status"], video["run"], video["title"]) == ("ready", 1, "Large")
    assert [one["id"] for one in server.get("/v1/videos")["videos"]] == [upload["video_id"]]
