"""axe-core's rules, on the page in each of its states and on the API's description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from serving.gateway.keys import digest, make_key
from tests.browser.drawing import ONE, ZERO, draw, moved
from tests.browser.test_page import expect_answer
from tests.browser.test_page_answers import with_corrections
from tests.browser.test_page_two_models import doubt
from tests.stack import Stack, running_stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

PHONE = {"viewport": {"width": 390, "height": 664}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1180, "height": 800}}
PROBE = "document.documentElement.append(Object.assign(document.createElement('img'), {src: 'none'}))"


def breaches(page: Page) -> list[str]:
    """What axe-core finds, a line each: the rule and where."""
    page.wait_for_timeout(400)  # colours and bars move for a quarter of a second
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def untouched(page: Page) -> None:
    """The page as it opens."""


def answered(page: Page) -> None:
    """With an answer, the curl command open."""
    draw(page, ONE)
    expect_answer(page, "1")
    page.locator("#request summary").click()


def doubtful(page: Page) -> None:
    """With an answer that the model takes for a guess."""
    page.route("**/*:classify*", doubt)
    draw(page, ONE)
    expect(page.locator("#label")).to_have_text("8")


def refused(page: Page) -> None:
    """With a problem in place of an answer."""
    page.set_input_files("#choose", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(page.locator("#problem")).to_be_visible()


def numbered(page: Page) -> None:
    """With a number of two digits."""
    draw(page, moved(ONE, -0.25))
    draw(page, moved(ZERO, 0.2))
    expect(page.locator("#marks button")).to_have_count(2, timeout=30_000)


def correctable(page: Page) -> None:
    """Where corrections are kept."""
    page.route("**/v1/models", with_corrections)
    page.reload()
    answered(page)


def filmed(page: Page) -> None:
    """With the camera on."""
    page.get_by_role("button", name="Live camera").click()
    page.wait_for_function("() => document.getElementById('live-picture').videoWidth > 0")


STATES = [untouched, answered, doubtful, refused, numbered, correctable, filmed]


def opened(browser: Browser, url: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - playwright's own
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state.__name__))
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_breaks_no_rule_in_any_state(
    browser: Browser, stack: Stack, state: Callable[[Page], None], scheme: str, screen: dict[str, Any]
) -> None:
    for page in opened(browser, stack.url, color_scheme=scheme, **screen):
        page.wait_for_selector("#bars li")
        state(page)
        assert breaches(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_for_a_key_breaks_no_rule(
    browser: Browser, models_dir: Path, tmp_path: Path, scheme: str
) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"browser {digest(make_key())}\n")
    environ = {"GATEWAY_API_KEYS_FILE": str(keys), "GATEWAY_NOTICE": "Demonstration only."}
    with running_stack(models_dir, tmp_path / "stack", environ=environ) as locked:
        for page in opened(browser, locked.url, color_scheme=scheme):
            expect(page.locator("#key-text")).to_be_focused()
            assert breaches(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_description_of_the_api_breaks_no_rule(
    browser: Browser, stack: Stack, scheme: str, screen: dict[str, Any]
) -> None:
    for page in opened(browser, f"{stack.url}/docs", color_scheme=scheme, **screen):
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert breaches(page) == []


def test_the_check_finds_what_breaks_a_rule(browser: Browser, stack: Stack) -> None:
    for page in opened(browser, stack.url):
        page.wait_for_selector("#bars li")
        page.evaluate(PROBE)
        assert any(breach.startswith("image-alt") for breach in breaches(page))
