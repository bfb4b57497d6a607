"""What the API and the storage server serve plays in a real browser, without a player library."""

from __future__ import annotations

import html
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from google.cloud.storage import Client
from playwright.sync_api import Page, Response, sync_playwright

from functions.ingest.stage import IngestStage
from infra.local.emulators import Emulator
from infra.local.emulators.throwaway_account import throwaway_account
from infra.local.server import ApiServer
from infra.local.token import new_token
from shared.adapters.gcs import GcsBlobStore, GcsLinks
from shared.bootstrap import Bootstrap
from shared.domain.events import VideoEvent
from shared.domain.identity import video_id_of
from shared.domain.records import Finding, ObjectRef, Rendition
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import delivery_of, upload
from tests.e2e.browser import CHROMIUM_FLAGS, chromium
from tests.media.whole_run import whole_stage

__all__ = ["chromium"]  # a fixture

# Without the attribute, Chromium plays no HLS whose media are on another host than its playlists.
PLAYER = """<!doctype html><video controls autoplay crossorigin="anonymous" src="{hls}">
<track kind="captions" src="{captions}" default></video>"""
SAID = ("the night <train> leaves & returns", "good night")


@dataclass(frozen=True)
class Served:
    """The API at an address, and where its media are."""

    origin: str
    storage: str
    wiring: Bootstrap

    def playback(self, video: Video) -> dict[str, Any]:
        """Returns what the owner is told to play."""
        token = new_token(self.wiring, owner=video.owner, role="viewer", hours=1)
        request = urllib.request.Request(
            f"{self.origin}/v1/videos/{video.id}/playback", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request) as answer:
            links: dict[str, Any] = json.load(answer)
        return links


@pytest.fixture(params=["folders", "emulator"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The one-machine server, with the media in folders and in the emulator of Cloud Storage."""
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="warning"))
    with ExitStack() as exits:
        if request.param == "emulator":
            storage: Emulator = request.getfixturevalue("storage")
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.client_environment["STORAGE_EMULATOR_HOST"])
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(throwaway_account(tmp_path)))
            client = exits.enter_context(Client("demo"))
            for bucket in ("uploads", "media"):
                exits.callback(client.create_bucket(bucket).delete, force=True)
            wiring.blobs = exits.enter_context(closing(GcsBlobStore("demo")))
            wiring.links = exits.enter_context(closing(GcsLinks("demo")))
        api = exits.enter_context(ApiServer(wiring, "127.0.0.1", 0))
        yield Served(api.url, wiring.links.origin or f"{api.url}/storage", wiring)


@pytest.fixture(scope="module")
def moving_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a moving test picture and a tone."""
    clip = tmp_path_factory.mktemp("clip") / "clip.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error",
        "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=8",
        "-f", "lavfi", "-i", "sine=frequency=440:duration=8",
        "-c:v", "libx264", "-c:a", "aac", str(clip),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return clip


def played(wiring: Bootstrap, file: Path) -> Video:
    """Puts a file through the stages whose results a player needs; what is said in it is made up."""
    ref = wiring.blobs.put(wiring.settings.upload_bucket, f"ann/{file.name}", file, "video/mp4")
    finalized = upload(ref.name, generation=ref.generation, size_bytes=ref.size_bytes)
    ingest = IngestStage(wiring.media_tool, wiring.settings.limits)
    wiring.runner("ingest", ingest).handle(delivery_of(finalized))
    transcode = whole_stage(wiring.media_tool, wiring.encoder, wiring.packager)
    wiring.runner("transcode", transcode).handle(delivery_of(next_event(wiring, ref)))
    words = [
        Finding(
            name="words", modality="speech", value=text, start_s=2.0 * at, end_s=2.0 * at + 2.0, confidence=0.9,
            producer="words", producer_version="1",
        )
        for at, text in enumerate(SAID)
    ]  # fmt: skip
    return VideoDriver(wiring.repository).finish(stored(wiring, ref), {"analyze": words})


def stored(wiring: Bootstrap, source: ObjectRef) -> Video:
    video = wiring.repository.get(video_id_of(source.bucket, source.name))
    assert video is not None
    return video


def next_event(wiring: Bootstrap, source: ObjectRef) -> VideoEvent:
    event = wiring.lifecycle.redrive(stored(wiring, source))
    assert event is not None
    return event


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.set_default_timeout(20_000)
        yield page
        browser.close()


def assert_plays(page: Page, server: Served, video: Video) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    links = server.playback(video)
    page_text = PLAYER.format(hls=html.escape(links["hls"]), captions=html.escape(links["captions"][0]["url"]))
    page.goto(f"{server.origin}/health")  # a page that really came from there may ask other loopback ports
    page.set_content(page_text)
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
    page.wait_for_function("document.querySelector('video').textTracks[0].cues.length == 2")
    shown = "video => [...video.textTracks[0].cues].map(cue => cue.getCueAsHTML().textContent)"
    assert player.evaluate(shown) == list(SAID)

    player.evaluate("video => { video.currentTime = 0.6 * video.duration }")
    page.wait_for_function("""() => {
        const video = document.querySelector('video');
        return !video.seeking && video.currentTime > 0.65 * video.duration;
    }""")
    assert player.evaluate("video => video.webkitVideoDecodedByteCount") > 0
    assert player.evaluate("video => video.webkitAudioDecodedByteCount") > 0
    page.evaluate(
        """mp4 => new Promise((play, fail) => {
        const video = document.body.appendChild(document.createElement('video'));
        Object.assign(video, {muted: true, onplaying: play, onerror: fail, src: mp4});
        video.play();
    })""",
        links["mp4"],
    )

    assert {answer.status for answer in answers} <= {200, 206, 302, 304}
    in_ranges = {answer.url.partition("?")[0] for answer in answers if answer.status == 206}
    renditions = server.wiring.repository.records(video, Rendition)
    for kind in ("video", "audio", "mp4"):
        assert in_ranges & {f"{server.storage}/media/{one.object.name}" for one in renditions if one.kind == kind}
    assert {urlsplit(answer.url).netloc for answer in answers} <= {
        urlsplit(server.origin).netloc,
        urlsplit(server.storage).netloc,
    }


def test_hls_plays_with_sound_and_captions_and_seeks_by_byte_ranges(
    moving_picture: Path, server: Served, page: Page
) -> None:
    assert_plays(page, server, played(server.wiring, moving_picture))


@pytest.mark.parametrize("server", ["folders"], indirect=True)
def test_others_read_the_manifests_too(moving_picture: Path, server: Served) -> None:
    links = server.playback(played(server.wiring, moving_picture))
    for manifest in ("hls", "dash"):
        read = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-xerror",
            "-i",
            f"{server.origin}{links[manifest]}",
        ]
        # Every stream to its end: both pictures, the sound, the captions.
        streams = ["-map", "0:v:0", "-map", "0:v:1", "-map", "0:a", "-map", "0:s"]
        subprocess.run([*read, *streams, "-c", "copy", "-f", "null", "-"], check=True, timeout=60)
        captions = subprocess.run(
            [*read, "-map", "0:s", "-f", "webvtt", "-"], check=True, timeout=60, capture_output=True, text=True
        )
        assert SAID[1] in captions.stdout, manifest  # of HLS, FFmpeg loses the first cue


@pytest.mark.parametrize("server", ["folders"], indirect=True)
@pytest.mark.parametrize("name", ["audiovideo.mov", "bear-vp9-opus.webm"])
def test_hls_of_real_footage_plays(real_media: Path, name: str, server: Served, page: Page) -> None:
    assert_plays(page, server, played(server.wiring, real_media / name))
