"""A clip is cut out in the console, plays there, and is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import Deployment, deployment, scenic_clip
from tests.e2e.console_visitor import Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment", "scenic_clip"]  # fixtures

PLAYED = """async video => {
    video.muted = true;
    await video.play();
    await new Promise(resolve => video.addEventListener('ended', resolve, {once: true}));
    return [video.duration, video.videoWidth, video.videoHeight, video.error];
}"""


@pytest.fixture
def visitor(browser: Browser, deployment: Deployment) -> Iterator[Visitor]:
    """An admin who looks at the console; the test fails if the browser complains of anything."""
    visitor = Visitor.come(browser, deployment.origin, deployment.token())
    yield visitor
    visitor.leave()


def test_a_shot_is_cut_out_and_plays(visitor: Visitor, deployment: Deployment, scenic_clip: Path) -> None:
    video_id = deployment.process(scenic_clip, title="A day in three shots")
    page = visitor.page
    visitor.log_in()
    visitor.go(f"/#/videos/{video_id}")
    section = page.locator("section.block", has=page.get_by_role("heading", name="Clips"))
    expect(section.get_by_text("No clips yet")).to_be_visible()
    section.get_by_label("What to cut out").select_option("shot:1")
    expect(section.get_by_label("From, in seconds")).to_be_hidden()
    section.get_by_role("button", name="Cut out").click()
    clip = section.locator("video")
    clip.wait_for(timeout=60_000)
    expect(section.get_by_text("No clips yet")).to_be_hidden()
    shown = deployment.ask("GET", f"/v1/videos/{video_id}/clips")["clips"][0]
    assert "keyframes/" in (clip.get_attribute("poster") or "")
    duration_s, width, height, error = clip.evaluate(PLAYED)
    assert duration_s == pytest.approx(shown["spans"][0][1] - shown["spans"][0][0], abs=0.05)
    assert (width, height, error) == (640, 360, None)
    assert visitor.findings() == []
    save_screenshot(page, "clips")

    with page.expect_download() as download:
        section.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == shown["name"]
    section.get_by_role("button", name=f"Delete {shown['name']}").click()
    expect(section.get_by_text("No clips yet")).to_be_visible()

    section.get_by_label("What to cut out").select_option("")
    section.get_by_label("From, in seconds").fill("5")
    section.get_by_label("To, in seconds").fill("4")
    section.get_by_role("button", name="Cut out").click()
    expect(page.get_by_text("Name a later end")).to_be_visible()
    visitor.troubles.clear()  # the browser has complained of the 422
