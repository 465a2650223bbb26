"""A real browser without a window, for pages that a person opens."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
Theme = Literal["light", "dark"]


def chromium() -> str:
    """Returns the browser of the system."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found is not None, "These tests need a browser: install Debian's package chromium, or Google Chrome."
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser with a profile of its own, which makes no request by itself."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    options = [*_OPTIONS, *(["--no-sandbox"] if is_root else [])]  # Chromium's sandbox refuses to work for root
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str, *, width: int = 1280, theme: Theme = "light") -> Iterator["Watched"]:
    """A page whose lists are built, with all that it said and asked for since it was opened."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    watched = Watched(page)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    yield watched
    context.close()


class Watched:
    """A page, and what it did that a page without network and without faults doesn't do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.add_init_script(
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));"
        )

    @property
    def violations(self) -> list[str]:
        """What the page's own policy has stopped."""
        found: list[str] = self.page.evaluate("violations")
        return found
