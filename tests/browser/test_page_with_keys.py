"""The page before a gateway that wants an API key and has something to tell everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from serving.gateway.keys import digest, make_key
from tests.browser.drawing import ONE, draw
from tests.stack import running_stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KEY = make_key()
NOTICE = "Demonstration only: <b>small</b> model."


@pytest.fixture(scope="module")
def url(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("locked")
    keys = folder / "keys.txt"
    keys.write_text(f"browser {digest(KEY)}\n")
    environ = {"GATEWAY_API_KEYS_FILE": str(keys), "GATEWAY_NOTICE": NOTICE}
    with running_stack(models_dir, folder, environ=environ) as stack:
        yield stack.url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page at its very beginning, in a fresh tab."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(url)
    yield opened
    context.close()


def enter(page: Page, key: str) -> None:
    page.get_by_label("This gateway requires an API key").fill(key)
    page.keyboard.press("Enter")


def test_the_key_is_asked_for_and_the_drawing_waits(page: Page) -> None:
    expect(page.locator("#key-text")).to_be_focused()
    draw(page, ONE)
    enter(page, KEY)
    expect(page.locator("#label")).to_have_text("1", timeout=30_000)
    expect(page.locator("#key")).to_be_hidden()
    assert KEY not in page.content()
    expect(page.locator("#curl")).to_contain_text("Bearer $GATEWAY_KEY")


def test_a_wrong_key_is_said_to_be_wrong_and_another_can_be_entered(page: Page) -> None:
    enter(page, "wrong")
    expect(page.locator("#key-note")).to_contain_text("refused")
    enter(page, KEY)
    expect(page.locator("#bars li")).to_have_count(10)


def test_the_notice_is_shown_to_all_as_text(page: Page) -> None:
    enter(page, KEY)
    expect(page.get_by_role("alert").filter(has_text="Demonstration only")).to_have_text(NOTICE)
