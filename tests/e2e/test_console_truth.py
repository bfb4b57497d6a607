"""What the console shows is so, however late, old or impossible it is; and it offers nothing that there is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import Deployment, deployment, scenic_clip
from tests.e2e.console_visitor import Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment", "scenic_clip"]  # fixtures

DELAY_THE_LIST = """() => {
    const send = fetch;
    globalThis.fetch = async (path, options) => {
        const answer = await send(path, options);
        if (path.startsWith('/v1/videos?')) await new Promise(resolve => setTimeout(resolve, 1500));
        return answer;
    };
}"""


@pytest.fixture
def visitor(browser: Browser, deployment: Deployment) -> Iterator[Visitor]:
    """An admin who looks at the console; the test fails if the browser complains of anything."""
    visitor = Visitor.come(browser, deployment.origin, deployment.token())
    yield visitor
    visitor.leave()


@pytest.fixture(scope="module")
def video_id(deployment: Deployment, scenic_clip: Path) -> str:
    """A video that is ready, of an owner called bob."""
    return deployment.process(scenic_clip, title="A day in three shots", owner="bob")


def test_events_wait_for_the_list(visitor: Visitor, deployment: Deployment) -> None:
    page = visitor.page
    visitor.log_in()
    visitor.go("/#/usage")
    page.evaluate(DELAY_THE_LIST)
    page.evaluate("location.hash = '#/'")
    page.locator(".ghost").first.wait_for()
    deployment.ask("POST", "/v1/uploads", {"name": "early.mp4", "size_bytes": 1})
    expect(page.locator(".card", has_text="early.mp4")).to_have_count(1)
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.get_by_role("region", name="Notifications").get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("is_logged_in", [True, False])
def test_a_token_in_the_address_of_an_open_tab_is_taken_over(
    visitor: Visitor, deployment: Deployment, is_logged_in: bool
) -> None:
    page = visitor.page
    if is_logged_in:
        visitor.log_in()
        visitor.go("/#/usage")
    else:
        visitor.go("/")
    token = deployment.token("viewer", "bob")
    page.goto(f"{deployment.origin}/#token={token}")
    expect(page.get_by_label("Account of bob")).to_be_visible()
    assert page.url == f"{deployment.origin}/"
    assert page.evaluate("sessionStorage.getItem('automations.token')") == token


def test_search_by_meaning_is_not_offered_where_it_is_not_set_up(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in()
    visitor.go("/#/search?q=coffee")
    page.get_by_role("link", name="Similar meaning").click()
    expect(page.locator(".notice-card")).to_be_visible()
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_role("link", name="Similar meaning")).to_have_count(0)
    visitor.troubles.clear()  # the browser has complained of the 400


def test_an_address_that_leads_nowhere_is_said(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.go("/#/nope")
    expect(visitor.page.get_by_role("heading", name="Page not found")).to_be_visible()


def test_ages_go_on_being_true(browser: Browser, deployment: Deployment, video_id: str) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    page = visitor.page
    page.clock.install()
    visitor.log_in()
    visitor.go(f"/#/videos/{video_id}")
    before = page.locator(".facts time").inner_text()
    page.clock.fast_forward("10:00")
    expect(page.locator(".facts time")).not_to_have_text(before)
    expect(page.locator(".facts time")).to_contain_text("minutes ago")
    visitor.leave()


def test_the_audit_log_says_what_was_done_to_which_video(
    browser: Browser, deployment: Deployment, video_id: str
) -> None:
    deployment.ask("PUT", f"/v1/videos/{video_id}/tags/harbour", {}, owner="bob")
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    visitor.log_in()
    visitor.go("/#/settings/audit")
    row = visitor.page.get_by_role("row", name="Added or confirmed a tag")
    expect(row.get_by_role("link", name="A day in three shots")).to_have_attribute("href", f"#/videos/{video_id}")
    save_screenshot(visitor.page, "audited-desktop-light")
    visitor.leave()


def test_a_transcript_is_offered_where_there_are_captions(
    browser: Browser, deployment: Deployment, video_id: str
) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    visitor.log_in()
    visitor.go(f"/#/videos/{video_id}")
    expect(visitor.page.get_by_role("region", name="Renditions")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Transcript")).to_have_count(0)
    playback = deployment.ask("GET", f"/v1/videos/{video_id}/playback", owner="bob")
    captions = [{"language": "en", "label": "English", "url": "/none.vtt"}]
    visitor.page.route("**/playback", lambda route: route.fulfill(json={**playback, "captions": captions}))
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Transcript")).to_have_count(2)
    save_screenshot(visitor.page, "captioned-desktop-light")
    visitor.troubles.clear()  # the browser has complained of the 404
    visitor.leave()


def test_advice_is_shown_in_pictures_and_leads_to_its_second(
    browser: Browser, deployment: Deployment, video_id: str
) -> None:
    told = deployment.ask("GET", f"/v1/videos/{video_id}/recommendations", owner="bob")["recommendations"]
    kinds = [one["kind"] for one in told]
    clip = {"value": "The harbour", "reason": "much moves", "score": 0.7, "frame_url": None, "box": None}
    told.append({"kind": "highlight", "start_s": 2.0, "end_s": 4.0, **clip})
    told += [{"kind": "chapter", "start_s": start_s, "end_s": None, **clip} for start_s in (0.0, 2.0, 4.0)]
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    page = visitor.page
    visitor.log_in()
    page.route("**/recommendations", lambda route: route.fulfill(json={"recommendations": told}))
    visitor.go(f"/#/videos/{video_id}")
    stills = page.get_by_role("region", name="Thumbnails").locator("img")
    expect(stills).to_have_count(kinds.count("thumbnail"))
    assert kinds.count("thumbnail") == 3
    for still in stills.all():
        still.scroll_into_view_if_needed()
        expect(still).to_have_js_property("complete", True)
        assert still.evaluate("picture => picture.naturalWidth") > 0
    windows = page.get_by_role("region", name="For 9:16").locator(".window")
    expect(windows).to_have_count(kinds.count("reframe"))
    expect(page.get_by_role("group", name="Chapters").get_by_role("button")).to_have_count(3)
    expect(page.get_by_role("group", name="Highlights").get_by_role("button")).to_have_count(1)
    page.get_by_role("region", name="Highlights").get_by_role("button").click()
    expect(page.get_by_role("slider", name="Position")).to_have_attribute("aria-valuenow", "2.0")
    save_screenshot(page, "advised-desktop-light")
    visitor.leave()


def test_what_may_be_wrong_is_marked(browser: Browser, deployment: Deployment, video_id: str) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    visitor.log_in()
    (line, *_) = deployment.ask("GET", f"/v1/videos/{video_id}/findings", owner="bob")["findings"]
    lines = {"Read on the device": None, "Read by both": True, "Made up": False}
    findings = [
        {**line, "name": "text", "modality": "text", "value": value, "confidence": 0.9, "verified": verified}
        for value, verified in lines.items()
    ]
    findings += [
        {**findings[0], "name": "qr_code", "value": "https://example.org"},
        {**findings[0], "name": "words", "value": "recognise speech", "confidence": 0.7},
        {**findings[0], "name": "words", "value": "wreck a nice beach", "confidence": 0.2},
    ]
    visitor.page.route("**/findings", lambda route: route.fulfill(json={"findings": findings}))
    visitor.go(f"/#/videos/{video_id}")
    said = visitor.page.locator("#panel-transcript")
    expect(said.locator(".line", has_text="a guess")).to_have_text(["0:00wreck a nice beach a guess"])
    expect(said.get_by_text("Whisper")).to_have_count(1)
    visitor.page.get_by_role("tab", name="Text").click()
    panel = visitor.page.locator("#panel-text")
    expect(panel.locator(".line")).to_have_count(4)
    expect(panel.locator(".line", has_text="QR code")).to_contain_text("https://example.org")
    marked = panel.locator(".line", has_text="not verified")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Made up")
    visitor.leave()
