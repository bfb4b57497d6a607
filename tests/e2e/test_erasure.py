"""Erasing on the one-machine stack, after and during processing: then every byte of its folder is looked at."""

from __future__ import annotations

import inspect
import io
import json
import os
import sqlite3
import subprocess
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image, ImageDraw, ImageFont

from functions.api.routes import erasure
from infra.local.server import ApiServer
from infra.local.stack import Stack
from infra.local.token import new_token
from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.change import Change
from shared.domain.codec import encode_json
from shared.domain.identity import erased_id, video_id_of
from shared.domain.records import Finding, Rendition
from shared.domain.video import Details, Video
from shared.pipeline import DEFAULT_PIPELINE

OWNER = "ann"
SEEN = "PLUMBAGO"
"""Can be read in the picture."""

DETAILS = Details(title="plantedtitle", description="planteddescription", metadata={"plantedkey": "plantedvalue"})
PLANTED = ("quartzfile", SEEN, "plantedtitle", "planteddescription", "plantedkey", "plantedvalue")
OBJECT = f"{OWNER}/quartzfile.mp4"
VIDEO_ID = video_id_of("uploads", OBJECT)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a word."""
    folder = tmp_path_factory.mktemp("footage")
    picture = Image.new("RGB", (320, 180), "#203040")
    ImageDraw.Draw(picture).text((160, 90), SEEN, "white", ImageFont.load_default(44), anchor="mm")
    picture.save(folder / "word.png")
    command = [
        str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-loop", "1", "-framerate", "25",
        "-i", str(folder / "word.png"), "-f", "lavfi", "-i", "sine=frequency=440", "-t", "2",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(folder / "clip.mp4"),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return folder / "clip.mp4"


@dataclass
class Deployment:
    """The embedded stack over a data folder, and its API."""

    data_dir: Path
    wiring: Bootstrap
    url: str

    def ask(self, method: str, path: str) -> Any:
        token = new_token(self.wiring, owner=OWNER, role="admin", hours=1)
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(self.url + path, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def upload(self, file: Path) -> None:
        self.wiring.blobs.put("uploads", OBJECT, file, "video/mp4")

    def video(self) -> Video | None:
        return self.wiring.repository.get(VIDEO_ID)

    def status(self) -> str | None:
        video = self.video()
        return video.status if video else None

    def works_at(self, stage: str) -> bool:
        video = self.video()
        return video is not None and video.lease is not None and video.lease.stage == stage

    def say(self, details: Details) -> None:
        def decide(video: Video | None) -> Change[None]:
            assert video is not None
            return Change(answer=None, video=replace(video, details=details))

        self.wiring.repository.update(VIDEO_ID, decide)

    def wait(self, condition: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
        deadline_s = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline_s, what()
            time.sleep(0.02)

    def places(self, *needles: str | bytes) -> dict[str | bytes, set[str]]:
        """Returns the needles that are in a file's bytes or name, or in a row, and where."""
        found: dict[str | bytes, set[str]] = {}
        for path in _present(self.data_dir):
            place = str(path.relative_to(self.data_dir))
            if place.startswith("logs"):
                continue
            try:
                content = path.read_bytes() if path.is_file() else b""
            except FileNotFoundError:  # as in _present()
                continue
            for needle in needles:
                if _is_in(needle, content) or _is_in(needle, place.encode()):
                    found.setdefault(needle, set()).add(place)
        for database in ("videos.db", "bus.db"):
            for table, row in _rows(self.data_dir / database):
                for needle in needles:
                    if _is_in(needle, repr(row).encode()):
                        found.setdefault(needle, set()).add(table)
        return found


def _present(folder: Path) -> Iterator[Path]:
    """Yields what is below a folder; what goes while this looks is not there, which Path.rglob() can't take."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        yield from (Path(parent, name) for name in (*folders, *files))


def _is_in(needle: str | bytes, content: bytes) -> bool:
    if isinstance(needle, bytes):
        return needle in content
    return needle.lower().encode() in content.lower()


def _rows(database: Path) -> Iterator[tuple[str, object]]:
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield table, row


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    flow = json.loads(DEFAULT_PIPELINE.read_text())
    (tmp_path / "pipeline.json").write_text(json.dumps(flow | {"sweep_interval_s": 0.5}))
    for name, value in {
        "DATA_DIR": str(tmp_path / "data"),
        "PIPELINE": str(tmp_path / "pipeline.json"),
        "ANALYZERS": "text,loudness",
        "SEGMENTERS": "shots",
        "LEASE_S": "2",
        "HEARTBEAT_S": "0.2",
    }.items():
        monkeypatch.setenv(f"AUTOMATIONS_{name}", value)
    wiring = Bootstrap()
    with Stack(wiring, workers=2), ApiServer(wiring, "127.0.0.1", 0) as api:
        yield Deployment(tmp_path / "data", wiring, api.url)


def pieces_of(path: Path) -> bytes:
    """Returns some bytes from the middle of a file that no other file has."""
    content = path.read_bytes()
    return content[len(content) // 2 : len(content) // 2 + 48]


def assert_receipt_verifies(deployment: Deployment, receipt: dict[str, Any]) -> None:
    """Runs the code that the API's documentation shows."""
    source = inspect.getsource(erasure)
    example = textwrap.dedent(
        source[source.index("            import jwt") : source.index("        On one machine")]
    )
    names: dict[str, Any] = {"api": deployment.url, "receipt": receipt["receipt"]}
    with redirect_stdout(io.StringIO()) as printed:
        exec(example, names)
    assert VIDEO_ID in printed.getvalue()
    claims = names["claims"]
    del claims["iat"]
    assert claims == {name: value for name, value in receipt.items() if name != "receipt"}


@pytest.mark.reliability("B27")
def test_nothing_is_left_of_a_finished_video(deployment: Deployment, footage: Path) -> None:
    deployment.upload(footage)
    deployment.wait(lambda: deployment.status() in {"ready", "failed"}, deployment.video)
    deployment.say(DETAILS)
    video = deployment.video()
    assert video is not None
    assert video.status == "ready", video.failure
    media = deployment.data_dir / "media"
    rendition = deployment.wiring.repository.records(video, Rendition)[0]
    needles = (VIDEO_ID, *PLANTED, pieces_of(footage), pieces_of(media / rendition.object.name))
    assert deployment.places(*needles).keys() == set(needles), "this test would not see what is left"

    # An archive, which holds it too.
    export = deployment.ask("POST", "/v1/exports")
    path = f"/v1/exports/{export['id']}"
    deployment.wait(lambda: deployment.ask("GET", path)["state"] == "ready", lambda: deployment.ask("GET", path))
    assert_holds_everything(deployment, deployment.ask("GET", path)["url"], video, footage)

    stored = [item for item in (*media.rglob("*"), *deployment.data_dir.glob("uploads/**/*")) if item.is_file()]
    receipt = deployment.ask("DELETE", f"/v1/videos/{VIDEO_ID}")
    deployment.wait(lambda: not deployment.places(*needles), lambda: deployment.places(*needles))

    assert receipt["complete"]
    assert receipt["removed"]["objects"] == len(receipt["objects"]) == len(stored) - 1  # the archive is none of it
    assert receipt["removed"]["records"]["Finding"] >= 1
    assert receipt["removed"]["attempts"] == 5
    assert_receipt_verifies(deployment, receipt)
    assert deployment.ask("GET", path)["state"] == "withdrawn"
    assert deployment.ask("GET", f"/v1/search?q={SEEN}")["hits"] == []
    newest, *_ = deployment.ask("GET", "/v1/audit")["entries"]
    assert (newest["operation"], newest["target"]) == ("erase_video", erased_id(VIDEO_ID))

    deployment.upload(footage)  # by which it is a video again
    deployment.wait(lambda: deployment.status() in {"ready", "failed"}, deployment.video)
    video = deployment.video()
    assert video is not None
    assert (video.status, video.run, video.details) == ("ready", 2, Details())


def assert_holds_everything(deployment: Deployment, url: str, video: Video, footage: Path) -> None:
    with urllib.request.urlopen(deployment.url + url, timeout=60) as answer:
        archive = ZipFile(io.BytesIO(answer.read()))
    assert archive.testzip() is None
    folder = f"videos/{VIDEO_ID}"
    told = json.loads(archive.read(f"{folder}/video.json"))
    assert told["video"] == json.loads(encode_json(video))
    findings = deployment.wiring.repository.records(video, Finding)
    assert told["records"]["Finding"] == [json.loads(encode_json(one)) for one in findings]
    assert len(told["attempts"]) == 5
    assert archive.read(f"{folder}/source-quartzfile.mp4") == footage.read_bytes()
    (mp4,) = [one for one in deployment.wiring.repository.records(video, Rendition) if one.kind == "mp4"]
    stored = deployment.data_dir / "media" / mp4.object.name
    assert archive.read(f"{folder}/{mp4.name}.mp4") == stored.read_bytes()
    account = json.loads(archive.read("account.json"))
    assert (account["owner"], account["keys"], account["webhooks"]) == (OWNER, [], [])
    assert [entry["operation"] for entry in account["audit"]] == ["request_export"]


@pytest.mark.reliability("B27")
def test_nothing_is_left_of_a_video_that_is_worked_on(deployment: Deployment, footage: Path) -> None:
    needles = (VIDEO_ID, "quartzfile", "plantedtitle", SEEN, pieces_of(footage))
    for run, stage in enumerate(("transcode", "analyze"), 1):
        deployment.upload(footage)
        deployment.wait(lambda: deployment.status() == "registered", deployment.video)
        deployment.say(DETAILS)
        deployment.wait(partial(deployment.works_at, stage), deployment.video)
        receipt = deployment.ask("DELETE", f"/v1/videos/{VIDEO_ID}")
        assert not receipt["complete"]
        assert_receipt_verifies(deployment, receipt)
        deployment.wait(lambda: not deployment.places(*needles), lambda: deployment.places(*needles))
        left = deployment.wiring.repository.update(VIDEO_ID, lambda video: Change(answer=video))
        assert left is not None
        assert (left.id, left.run) == (erased_id(VIDEO_ID), run)
