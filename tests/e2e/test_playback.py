"""The HLS that the packager makes and the API serves plays in a real browser, without a player library."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from functions.api.schemas import VideoDetail, detail_of
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from functions.api.app import create_app
from functions.ingest.stage import IngestStage
from functions.transcode.stage import TranscodeStage
from functions.transcode.strategies import LADDERS
from shared.bootstrap import Bootstrap
from shared.domain.events import VideoEvent
from shared.domain.identity import video_id_of
from shared.domain.records import ObjectRef
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.videos import delivery_of, upload

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM_FLAGS = [
    "--no-sandbox",  # the sandbox needs user namespaces, which containers often lack
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",  # with sound, which is to be decoded
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing else can be reached
]
PLAYER = '<!doctype html><video controls autoplay src="{hls}"></video>'


@dataclass
class RecordingServer:
    """Serves an application on loopback and keeps what was answered to whom."""

    app: WSGIApplication
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, Range header and status of every answer."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def recorded(status: str, *rest: object) -> object:
            self.answers.append((environ["PATH_INFO"], environ.get("HTTP_RANGE", ""), status[:3]))
            return start_response(status, *rest)  # type: ignore[arg-type]  # passed on as it came

        return self.app(environ, recorded)  # type: ignore[arg-type]  # returns whatever the server's returns


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        message = "no Chromium: install Debian's package chromium, or name a binary in CHROMIUM"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Bootstrap:
    return Bootstrap(Settings(data_dir=tmp_path_factory.mktemp("data"), log_level="warning"))


@pytest.fixture(scope="module")
def moving_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a moving test picture and a tone."""
    clip = tmp_path_factory.mktemp("clip") / "clip.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error",
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8",
        "-f", "lavfi", "-i", "sine=frequency=440:duration=8",
        "-c:v", "libx264", "-c:a", "aac", str(clip),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return clip


def transcoded(wiring: Bootstrap, file: Path) -> VideoDetail:
    """Puts a file through the first two stages, whose results are what a player needs."""
    ref = wiring.blobs.put(wiring.settings.upload_bucket, f"ann/{file.name}", file, "video/mp4")
    finalized = upload(ref.name, generation=ref.generation, size_bytes=ref.size_bytes)
    ingest = IngestStage(wiring.media_tool, wiring.settings.limits)
    wiring.runner("ingest", ingest).handle(delivery_of(finalized))
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    transcode = TranscodeStage(wiring.media_tool, wiring.packager, ladder)
    wiring.runner("transcode", transcode).handle(delivery_of(next_event(wiring, ref)))
    return detail_of(wiring.repository, stored(wiring, ref))


def stored(wiring: Bootstrap, source: ObjectRef) -> Video:
    video = wiring.repository.get(video_id_of(source.bucket, source.name))
    assert video is not None
    return video


def next_event(wiring: Bootstrap, source: ObjectRef) -> VideoEvent:
    event = wiring.lifecycle.redrive(stored(wiring, source), wiring.clock.now())
    assert event is not None
    return event


@pytest.fixture
def server(wiring: Bootstrap) -> Iterator[tuple[str, RecordingServer]]:
    recording = RecordingServer(create_app(wiring.repository, wiring.blobs, "media"))
    server = make_server("127.0.0.1", 0, recording, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", recording
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.set_default_timeout(20_000)
        yield page
        browser.close()


def assert_plays(page: Page, origin: str, recording: RecordingServer, video: VideoDetail) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    html = PLAYER.format(hls=video.playback.hls)
    page.route(f"{origin}/player", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(f"{origin}/player")
    player = page.locator("video")

    page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    assert player.evaluate("video => video.error") is None
    media = video.media
    assert media is not None
    assert player.evaluate("video => video.duration") == pytest.approx(media.duration_s, abs=0.3)
    width, height = media.video[0].display_size
    assert player.evaluate("video => video.videoWidth / video.videoHeight") == pytest.approx(
        width / height, rel=0.02
    )

    player.evaluate("video => { video.currentTime = 0.6 * video.duration }")
    page.wait_for_function("""() => {
        const video = document.querySelector('video');
        return !video.seeking && video.currentTime > 0.65 * video.duration;
    }""")
    assert player.evaluate("video => video.webkitVideoDecodedByteCount") > 0
    assert player.evaluate("video => video.webkitAudioDecodedByteCount") > 0

    answered = {(path, status) for path, _, status in recording.answers}
    assert {status for _, status in answered} <= {"200", "206", "304"}
    in_ranges = {path for path, asked_range, status in recording.answers if asked_range and status == "206"}
    pictures = {rendition.url for rendition in video.renditions if rendition.kind == "video"}
    sound = {rendition.url for rendition in video.renditions if rendition.kind == "audio"}
    assert in_ranges & pictures
    assert in_ranges & sound
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(origin).netloc}


def test_hls_plays_with_sound_and_seeks_by_byte_ranges(
    wiring: Bootstrap, moving_picture: Path, server: tuple[str, RecordingServer], page: Page
) -> None:
    assert_plays(page, *server, transcoded(wiring, moving_picture))


@pytest.mark.parametrize("name", ["audiovideo.mov", "bear-vp9-opus.webm"])
def test_hls_of_real_footage_plays(
    wiring: Bootstrap, real_media: Path, name: str, server: tuple[str, RecordingServer], page: Page
) -> None:
    assert_plays(page, *server, transcoded(wiring, real_media / name))
