"""Somebody who uses the console, and notices whatever goes wrong in their browser meanwhile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

__all__ = ["DESKTOP", "PHONE", "Visitor", "save_screenshot"]

DESKTOP = (1440, 900)
PHONE = (360, 740)
_PATIENCE_MS = 20_000
_RESULTS = Path(os.environ.get("TEST_RESULTS", "test-results"))
_WATCH_POLICY = """
addEventListener('securitypolicyviolation', event =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Visitor:
    """A page of the console and what went wrong on it.

    Attributes:
        page: The page.
        origin: Where the console is.
        token: What opens it.
        troubles: What the browser complained of, and what was asked of others.
    """

    context: BrowserContext
    page: Page
    origin: str
    token: str
    troubles: list[str] = field(default_factory=list)

    @classmethod
    def come(
        cls, browser: Browser, origin: str, token: str, *, size: tuple[int, int] = DESKTOP, scheme: str = "light"
    ) -> Visitor:
        """Opens a browser window of a size in pixels, for a colour scheme."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(_PATIENCE_MS)
        context.add_init_script(_WATCH_POLICY)
        visitor = cls(context, context.new_page(), origin, token)
        visitor.page.on("console", visitor._said)
        visitor.page.on("pageerror", lambda error: visitor.troubles.append(f"error: {error}"))
        visitor.page.on("dialog", lambda dialog: visitor.troubles.append(f"dialog: {dialog.message}"))
        visitor.page.on("request", visitor._asked)
        return visitor

    def log_in(self) -> None:
        """Opens the console with a token in the address, as the command line prints it."""
        self.page.goto(f"{self.origin}/#token={self.token}")
        self.page.locator("header.top").wait_for()

    def go(self, path: str) -> None:
        """Goes to a page of the console, such as ``/#/usage``, and waits until everything is there."""
        self.page.goto(f"{self.origin}{path}")
        self.until("!document.querySelector('[aria-busy], .waiting, .ghost')")

    def until(self, condition: str) -> None:
        """Waits until something is so in the page; the page's policy keeps Playwright's own way from working."""
        self.page.evaluate(f"""async () => {{
            const until_ms = performance.now() + {_PATIENCE_MS};
            while (!({condition})) {{
                if (performance.now() > until_ms) throw new Error('never: ' + {condition!r});
                await new Promise(requestAnimationFrame);
            }}
        }}""")

    def position_s(self) -> float:
        """Returns where the video is, once it is there."""
        self.until("document.querySelector('video')?.readyState > 1 && !document.querySelector('video').seeking")
        return float(self.page.evaluate("document.querySelector('video').currentTime"))

    def findings(self) -> Sequence[str]:
        """Returns what keeps people out of this page, by axe: what is serious or critical."""
        found: Any = Axe().run(self.page).response
        return [
            f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]

    def leave(self) -> None:
        """Closes the window, and fails if anything went wrong."""
        self.context.close()
        assert self.troubles == [], self.troubles

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme != "blob" and asked.netloc != urlsplit(self.origin).netloc:
            self.troubles.append(f"request: {request.url}")


def save_screenshot(page: Page, name: str) -> None:
    """Keeps a picture of a whole page in the folder that TEST_RESULTS names."""
    page.screenshot(path=_RESULTS / "console" / f"{name}.png", full_page=True)
