"""A recording without pictures through the whole stack, and as the console shows it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from shared.adapters.binaries import bundled
from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import Deployment, deployment
from tests.e2e.console_visitor import DESKTOP, PHONE, Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment"]  # fixtures

pytestmark = pytest.mark.reliability("A22")


@pytest.fixture(scope="module")
def spoken(real_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sound of an advert that ends with "The only AI phone engineered by Google", as MP3 with a cover."""
    song = tmp_path_factory.mktemp("spoken") / "advert.mp3"
    source = str(real_media / "pixel8_en_combo_0_v.mp4")
    cover = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=3")
    mapped = ("-map", "0:a", "-map", "1", "-vf", "trim=end_frame=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", source, *cover, *mapped, str(song)]
    subprocess.run(command, check=True, timeout=60)
    return song


@pytest.fixture(scope="module")
def recording(deployment: Deployment, spoken: Path) -> dict[str, Any]:
    """The recording, ready."""
    shown: dict[str, Any] = deployment.ask("GET", f"/v1/videos/{deployment.process(spoken, title='The advert')}")
    return shown


@pytest.fixture
def visitor(browser: Browser, deployment: Deployment) -> Iterator[Visitor]:
    """Somebody who looks at the console; the test fails if the browser complains of anything."""
    visitor = Visitor.come(browser, deployment.origin, deployment.token())
    visitor.log_in()
    yield visitor
    visitor.leave()


def test_it_is_ready_as_sound_and_can_do_all_that_a_video_can(
    deployment: Deployment, recording: dict[str, Any]
) -> None:
    assert (recording["status"], recording["kind"]) == ("ready", "audio")
    assert recording["capabilities"] == {"playable": True, "searchable": True, "tagged": True}
    assert recording["poster_url"] is None
    media = recording["media"]
    assert (media["video"], media["display_width"], media["display_height"]) == ([], None, None)
    listed = deployment.ask("GET", "/v1/videos")["videos"]
    assert [video["kind"] for video in listed] == ["audio"]


def test_what_is_said_in_it_is_found_and_tagged(deployment: Deployment, recording: dict[str, Any]) -> None:
    path = f"/v1/videos/{recording['id']}"
    findings = deployment.ask("GET", f"{path}/findings")["findings"]
    said = " ".join(found["value"] for found in findings if found["name"] == "words").split()
    assert {"the", "only", "by", "google"} <= set(said)
    hits = deployment.ask("GET", "/v1/search?q=google")["hits"]
    assert (recording["id"], "speech") in {(hit["video_id"], hit["source"]) for hit in hits}
    tags = {tag["label"] for tag in deployment.ask("GET", f"{path}/tags")["tags"]}
    assert "speech" in tags
    segments = deployment.ask("GET", f"{path}/segments")["segments"]
    assert {segment["kind"] for segment in segments} <= {"scene", "silence", "speech", "music"}
    scenes = [segment for segment in segments if segment["kind"] == "scene"]
    assert (scenes[0]["start_s"], scenes[-1]["end_s"]) == (0.0, recording["media"]["duration_s"])
    assert all(scene["score"] is not None for scene in scenes)


def test_it_plays_by_links_to_sound(deployment: Deployment, recording: dict[str, Any]) -> None:
    playback = deployment.ask("GET", f"/v1/videos/{recording['id']}/playback")
    missing = {name for name, link in playback.items() if link is None}
    assert missing == {"poster", "preview", "storyboard", "storyboard_vtt"}
    assert len(playback["captions"]) == 1
    master = requests.get(f"{deployment.origin}{playback['hls']}", timeout=10).text
    assert "TYPE=SUBTITLES" in master
    assert "mp4a.40.2" in master
    file = requests.get(f"{deployment.origin}{playback['mp4']}", timeout=10)
    assert file.headers["Content-Type"] == "audio/mp4"
    assert "attachment" in file.headers["Content-Disposition"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_its_page_plays_and_shows_no_pictures(
    browser: Browser, deployment: Deployment, recording: dict[str, Any], size: tuple[int, int]
) -> None:
    name = "desktop" if size == DESKTOP else "phone"
    visitor = Visitor.come(browser, deployment.origin, deployment.token(), size=size)
    visitor.log_in()
    visitor.go(f"/#/videos/{recording['id']}")
    page = visitor.page
    expect(page.locator(".facts")).to_contain_text("Sound only")
    expect(page.get_by_role("tab", name="Chapters")).to_be_visible()
    expect(page.get_by_role("tab", name="Text")).to_have_count(0)
    page.get_by_role("button", name="Play", exact=True).click()
    visitor.until("document.querySelector('video').currentTime > 0.5")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.evaluate("document.querySelector('video').currentSrc.includes('.m3u8')")
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(
        recording["media"]["duration_s"], abs=0.1
    )
    save_screenshot(page, f"sound-{name}-light")
    visitor.leave()


def test_the_library_tells_it_from_videos(visitor: Visitor, recording: dict[str, Any]) -> None:
    visitor.go("/#/")
    card = visitor.page.locator(f".card[data-id={recording['id']}]")
    expect(card.locator(".card-state")).to_contain_text("Sound only")
    expect(card.locator("img")).to_have_count(0)
