"""A real headless Chromium that looks at the page of a running stack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.stack import Stack

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a moving picture, allowed without asking.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def chromium_path() -> str:
    """Where Chromium is: CHROMIUM, or on PATH."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("no Chromium: run tests/browser/install-chromium, or name one in CHROMIUM")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; while it is open, its event loop keeps others from running in this process."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        yield chromium
        chromium.close()


class Visit:
    """A page being looked at, and what the browser reports of it.

    Attributes:
        page: the page.
        console: errors and warnings on the console, breaches of the content security policy among them.
        hosts: every host that something was asked of.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.console: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.console.append(text)


OpenPage = Callable[..., Any]


@contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:  # noqa: ANN401
    """Open the page in a fresh context; ``options`` are playwright's, such as ``viewport``."""
    context = browser.new_context(**options)
    visiting = Visit(context.new_page())
    try:
        visiting.page.goto(url)
        visiting.page.wait_for_selector("#bars li")
        yield visiting
    finally:
        context.close()


@pytest.fixture
def visiting(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """The page, opened on a desktop."""
    with visit(browser, stack.url) as opened:
        yield opened


@pytest.fixture
def page(visiting: Visit) -> Page:
    """The page alone."""
    return visiting.page
