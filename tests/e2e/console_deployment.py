"""The one-machine stack with its console, and a clip to show there."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import imageio_ffmpeg
import pytest

from infra.local.scenery import SCENES, caption
from infra.local.server import ApiServer
from infra.local.stack import Stack
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.principal import Role
from shared.settings import Settings

__all__ = ["SHOT_S", "WORDS", "Deployment", "deployment", "scenic_clip"]

SHOT_S = 2.0
SHOWN = SCENES[0], SCENES[3], SCENES[5]
WORDS = [scene.title for scene in SHOWN]
_PATIENCE_S = 90.0


@dataclass(frozen=True)
class Deployment:
    """A running deployment."""

    origin: str
    wiring: Bootstrap

    def token(self, role: Role = "admin", owner: str = "ann") -> str:
        """Returns a token."""
        return new_token(self.wiring, owner=owner, role=role, hours=1)

    def ask(self, method: str, path: str, body: object = None, *, owner: str = "ann") -> Any:
        """Sends a request and returns the answer's JSON."""
        headers = {"Authorization": f"Bearer {self.token(owner=owner)}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}{path}", method=method, headers=headers, data=content)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def process(self, clip: Path, *, title: str, owner: str = "ann") -> str:
        """Uploads a clip and returns the video's id once it is ready."""
        wanted = {"name": clip.name, "size_bytes": clip.stat().st_size, "title": title}
        upload = self.ask("POST", "/v1/uploads", wanted, owner=owner)
        url = upload["url"] if "://" in upload["url"] else f"{self.origin}{upload['url']}"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", data=clip.read_bytes())).close()
        started = monotonic()
        while (video := self.ask("GET", f"/v1/videos/{upload['video_id']}", owner=owner))["status"] != "ready":
            assert video["status"] != "failed", video
            assert monotonic() - started < _PATIENCE_S, video
            sleep(0.2)
        return str(upload["video_id"])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The one-machine stack, served on a port of its own."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), log_level="warning")
    wiring = Bootstrap(settings)
    with Stack(wiring, workers=2, watch=True), ApiServer(wiring, "127.0.0.1", 0) as api:
        yield Deployment(api.url, wiring)


@pytest.fixture(scope="session")
def scenic_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds: three shots, each a landscape with its title, and a tone."""
    folder = tmp_path_factory.mktemp("clip")
    inputs: list[str] = []
    for index, scene in enumerate(SHOWN):
        far, near = scene.layers()
        picture = far.crop((0, 0, 1280, 720)).convert("RGBA")
        for layer in (near.crop((0, 0, 1280, 720)), caption(scene)):
            picture.alpha_composite(layer)
        picture.convert("RGB").resize((640, 360)).save(folder / f"{index}.png")
        inputs += ["-loop", "1", "-t", f"{SHOT_S}", "-framerate", "15", "-i", str(folder / f"{index}.png")]
    clip = folder / "a day in three shots.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *inputs,
        "-f", "lavfi", "-i", f"sine=frequency=440:duration={SHOT_S * len(SHOWN)}",
        "-filter_complex", f"concat=n={len(SHOWN)}:v=1,format=yuv420p[v]",
        "-map", "[v]", "-map", f"{len(SHOWN)}:a",
        "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", str(clip),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return clip
