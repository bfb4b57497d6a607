"""The console in a real browser on the real stack: what people do there, from the first file to the receipt."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import SHOT_S, WORDS, Deployment, deployment, scenic_clip
from tests.e2e.console_visitor import Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment", "scenic_clip"]  # fixtures

HOSTILE = '<img src=x onerror="alert(1)">'
MIB = 2**20


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


@pytest.mark.reliability("A25")
def test_from_the_first_file_to_the_receipt(visitor: Visitor, scenic_clip: Path, tmp_path: Path) -> None:
    page = visitor.page
    file = shutil.copy(scenic_clip, tmp_path / f"{HOSTILE}.mp4")
    visitor.log_in()
    assert visitor.token not in page.url
    expect(page.get_by_role("heading", name="Drop your first video here")).to_be_visible()
    save_screenshot(page, "empty-desktop-light")

    page.get_by_role("button", name="Choose files").click()
    page.get_by_label("Choose files").set_input_files(file)

    card = page.locator(".wall .card")
    expect(card.locator(".stages")).to_have_attribute("aria-label", re.compile("Transcoding|Finding|Analyzing"))
    save_screenshot(page, "working-desktop-light")
    tray = page.get_by_label("Uploads", exact=True)
    expect(tray).to_contain_text("Processing")
    expect(card).to_have_attribute("data-status", "ready", timeout=90_000)
    expect(card.locator("img")).to_have_js_property("complete", True)
    expect(tray).to_contain_text("all ready")
    save_screenshot(page, "uploaded-desktop-light")
    expect(tray.get_by_role("listitem")).to_have_count(0)
    tray.get_by_role("button", name="List of uploads").click()
    expect(tray.get_by_role("listitem")).to_contain_text("Ready")

    card.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{HOSTILE}.mp4")
    page.get_by_role("button", name="Play", exact=True).click()
    visitor.until("document.querySelector('video').currentTime > 0.3")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("group", name="Shots").get_by_role("button").nth(2).click()
    assert visitor.position_s() == pytest.approx(2 * SHOT_S, abs=0.2)

    page.get_by_role("searchbox", name="Search all videos").fill(WORDS[1].split()[1])
    page.keyboard.press("Enter")
    page.locator(".hit", has_text="On screen").click()
    assert visitor.position_s() == pytest.approx(SHOT_S, abs=0.2)

    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_label("Tag", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There can't be such a tag")
    visitor.troubles.clear()  # the browser has complained of the 404
    page.get_by_label("Tag", exact=True).fill("day out")
    page.get_by_role("button", name="Add", exact=True).click()
    tag = page.get_by_role("button", name="day out", exact=True)
    expect(tag).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Take off the tag day out").click()
    expect(tag).to_have_count(0)

    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Title").fill("A day out")
    page.get_by_role("textbox", name="Description").fill("Boats & mountains")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A day out")
    expect(page.locator(".description")).to_have_text("Boats & mountains")
    assert page.locator("img[src=x]").count() == 0

    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("dialog", name="Deleted for good")).to_contain_text("A day out")
    save_screenshot(page, "receipt-desktop-light")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download receipt").click()
    assert '"receipt"' in download.value.path().read_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Drop your first video here")).to_be_visible()


def test_nothing_but_the_keyboard(browser: Browser, deployment: Deployment, video_id: str) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(owner="bob"))
    page, press = visitor.page, visitor.page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(60):
            press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the tab key does not lead to {selector}")

    page.goto(f"{deployment.origin}/")
    page.keyboard.insert_text(visitor.token)
    press("Enter")
    page.locator(".card-link").wait_for()
    tab_to(".card-link")
    press("Enter")
    expect(page.locator("h1")).to_be_focused()
    visitor.position_s()

    press("Space")
    visitor.until("!document.querySelector('video').paused")
    press("k")
    visitor.until("document.querySelector('video').paused")
    press("2")  # to its second tenth
    press("]")  # to the next shot
    assert visitor.position_s() == pytest.approx(SHOT_S, abs=0.2)
    tab_to("[role=slider]")
    press("End")
    assert visitor.position_s() > 5
    press("Home")
    assert visitor.position_s() == 0
    tab_to(".shots button")
    press("ArrowRight")
    press("ArrowRight")
    press("Enter")
    assert visitor.position_s() == pytest.approx(2 * SHOT_S, abs=0.2)
    tab_to("[role=tab]")
    press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Tags")).to_be_visible()

    press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("tab", name="Tags")).to_be_focused()
    press("/")
    page.keyboard.type("lights")
    press("Enter")
    expect(page.locator(".hit").first).to_be_visible(timeout=20_000)
    tab_to(".hit")
    press("Enter")
    assert visitor.position_s() == pytest.approx(2 * SHOT_S, abs=0.2)
    visitor.leave()


def test_a_viewer_is_offered_nothing_that_changes_anything(
    browser: Browser, deployment: Deployment, video_id: str
) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token("viewer", "bob"))
    visitor.log_in()
    visitor.go(f"/#/videos/{video_id}")
    page = visitor.page
    page.get_by_role("tab", name="Tags").click()
    expect(page.locator(".evidence")).to_be_visible()
    for name in ("Add videos", "Edit", "Add a tag", "Confirm the tag", "Take off the tag", "Delete"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    visitor.go("/#/settings/keys")
    expect(page.get_by_text("Admins only")).to_be_visible()
    visitor.leave()


def test_an_upload_goes_on_after_a_cut_and_a_reload(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    file = tmp_path / "large.mp4"
    with file.open("wb") as content:
        content.truncate(20 * MIB)
    ranges: list[str] = []
    visitor.log_in()

    def let_one_through(route: Route) -> None:
        ranges.append(route.request.headers["content-range"])
        if len(ranges) == 1:
            route.continue_()
        else:
            route.abort()

    page.route("**/storage/upload/**", let_one_through)
    page.keyboard.press("u")
    page.get_by_label("Choose files").set_input_files(file)
    tray = page.get_by_label("Uploads", exact=True)
    expect(tray).to_contain_text("No answer; trying again")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(tray).to_contain_text("Pick the same file to go on")
    page.unroute_all()  # not before: a try that gets through would send more
    save_screenshot(page, "interrupted-desktop-light")
    visitor.troubles.clear()  # what was cut off, the browser has complained of

    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.headers.get("content-range", "")))
    page.get_by_label("Pick large.mp4 again").set_input_files(file)
    expect(tray).to_contain_text("Failed: ", timeout=30_000)
    save_screenshot(page, "refused-desktop-light")
    asked, first, *_ = [content_range for content_range in seen if content_range]
    assert asked == f"bytes */{20 * MIB}"
    assert first.startswith(f"bytes {8 * MIB}-")


def test_what_does_not_work_is_said(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in()
    page.route("**/v1/events", lambda route: route.fulfill(status=503, body=""))
    page.route("**/v1/usage", lambda route: route.fulfill(status=503, body=""))
    page.reload()
    expect(page.get_by_text("Not live: what you see may be old.")).to_be_attached()
    visitor.go("/#/usage")
    expect(page.get_by_role("alert")).to_contain_text("The server answered 503")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Length of all videos")).to_be_visible()
    visitor.troubles.clear()  # the browser has complained of every 503


def test_a_token_that_does_not_work_leads_back_to_the_login(browser: Browser, deployment: Deployment) -> None:
    visitor = Visitor.come(browser, deployment.origin, "no-token")
    page = visitor.page
    page.goto(f"{deployment.origin}/#token=no-token")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Token or API key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    visitor.troubles.clear()  # the browser has complained of the 401
    visitor.leave()
