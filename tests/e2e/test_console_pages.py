"""Every page of the console and of the reference: for everybody, in light and dark, on a desktop and a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import Deployment, deployment, scenic_clip
from tests.e2e.console_visitor import DESKTOP, PHONE, Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment", "scenic_clip"]  # fixtures

PAGES = {
    "library": "/#/",
    "video": "/#/videos/{video}?t=2.5",
    "search": "/#/search?q=coffee",
    "usage": "/#/usage",
    "keys": "/#/settings/keys",
    "webhooks": "/#/settings/webhooks",
    "exports": "/#/settings/exports",
    "audit": "/#/settings/audit",
    "docs": "/docs",
}


@pytest.fixture(scope="module")
def video_id(deployment: Deployment, scenic_clip: Path) -> str:
    """A video that is ready."""
    return deployment.process(scenic_clip, title="A day in three shots")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_keep_nobody_out(browser: Browser, deployment: Deployment, video_id: str, scheme: str) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(), size=DESKTOP, scheme=scheme)
    page = visitor.page
    page.goto(f"{deployment.origin}/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    found = {"login": visitor.findings()}
    save_screenshot(page, f"login-desktop-{scheme}")
    visitor.log_in()
    for name, path in PAGES.items():
        visitor.go(path.format(video=video_id))
        found[name] = visitor.findings()
        save_screenshot(page, f"{name}-desktop-{scheme}")
    visitor.go(PAGES["video"].format(video=video_id))
    for tab in ("Tags", "Shots"):
        page.get_by_role("tab", name=tab).click()
        found[tab] = visitor.findings()
        save_screenshot(page, f"{tab.lower()}-desktop-{scheme}")
    for key, name in (("u", "Add videos"), ("?", "Keyboard")):
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        found[name] = visitor.findings()
        save_screenshot(page, f"{name.split()[0].lower()}-desktop-{scheme}")
    visitor.leave()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_poster_moves_while_somebody_looks_at_it(
    browser: Browser, deployment: Deployment, video_id: str
) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token())
    visitor.log_in()
    page, card = visitor.page, visitor.page.locator(f".card[data-id='{video_id}']")
    expect(card.locator("img")).to_have_js_property("complete", True)
    before, elsewhere = card.bounding_box(), page.get_by_role("searchbox")
    for look, look_away in ((card.hover, elsewhere.hover), (card.get_by_role("link").focus, elsewhere.focus)):
        look()
        visitor.until("document.querySelector('.moving.seen')?.currentTime > 0.2")
        assert card.bounding_box() == before
        assert visitor.findings() == []
        look_away()
        expect(card.locator("video")).to_have_count(0)
    page.emulate_media(reduced_motion="reduce")
    card.hover()
    # A timer that is set later and for longer goes off later.
    page.evaluate("() => new Promise(resolve => setTimeout(resolve, 250))")
    expect(card.locator("video")).to_have_count(0)
    visitor.leave()


def test_pages_fit_a_phone(browser: Browser, deployment: Deployment, video_id: str) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token(), size=PHONE)
    visitor.log_in()
    for name, path in PAGES.items():
        visitor.go(path.format(video=video_id))
        choice = visitor.page.locator(".clip-maker select")
        if name == "video":
            choice.evaluate(
                "choice => choice.append(new Option('moves more than 100 % of the others, '.repeat(9)))"
            )
        save_screenshot(visitor.page, f"{name}-phone-light")
        too_wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, name
        assert visitor.findings() == [], name
    visitor.leave()


def test_the_reference_shows_every_operation(browser: Browser, deployment: Deployment) -> None:
    visitor = Visitor.come(browser, deployment.origin, deployment.token())
    visitor.go("/docs")
    documented = deployment.ask("GET", "/openapi.json")["paths"].values()
    told = [
        one["operationId"] for methods in documented for one in methods.values() if "console" not in one["tags"]
    ]
    shown = visitor.page.locator(".operation").evaluate_all("all => all.map(one => one.id)")
    assert sorted(shown) == sorted(told)
    visitor.page.get_by_role("button", name="Copy").first.click()
    assert visitor.page.evaluate("navigator.clipboard.readText()").startswith("curl ")
    visitor.leave()
