"""Debian's Chromium, which can reach nothing but this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.requirement import missing

__all__ = ["CHROMIUM_FLAGS", "browser", "chromium"]

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


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        message = "no Chromium: install Debian's package chromium, or name a binary in CHROMIUM"
        missing(message)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser that a module's tests share; each opens contexts of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
