"""The page before a gateway with two models: both at once, and the other one where the chosen one doubts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import visit
from tests.browser.drawing import ONE, draw
from tests.browser.test_page import expect_answer
from tests.stack import running_stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def url(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("two")
    for name in ("digits", "house_numbers"):
        shutil.copytree(models_dir / "digits", folder / "models" / name)
    with running_stack(folder / "models", folder) as stack:
        yield stack.url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with visit(browser, url) as visiting:
        yield visiting.page


def doubt(route: Route) -> None:
    """Answer as a model does that knows nothing of the kind."""
    route.fulfill(
        json={
            "model": {"name": "digits", "version": 1},
            "predictions": [
                {
                    "name": None,
                    "status": "out_of_distribution",
                    "label": "8",
                    "class_id": 8,
                    "probability": 0.4,
                    "top": [{"label": "8", "class_id": 8, "probability": 0.4}],
                }
            ],
        }
    )


def test_models_are_named_in_words(page: Page) -> None:
    expect(page.locator("#model option")).to_have_text(["Digits", "House numbers"])


def test_both_models_answer_side_by_side_when_asked_to(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    expect(page.locator("#others")).to_be_hidden()
    page.get_by_label("Compare all").check()
    expect(page.locator("#others li")).to_have_count(1)
    expect(page.locator("#others")).to_contain_text("House numbers 1")
    page.get_by_role("button", name="Choose House numbers").click()
    expect(page.locator("#model")).to_have_value("house_numbers")
    expect(page.locator("#facts")).to_contain_text("House numbers, version 1")


def test_another_model_that_is_sure_is_offered_where_the_chosen_one_doubts(page: Page) -> None:
    page.route("**/digits:classify*", doubt)
    draw(page, ONE)
    expect(page.locator("#label")).to_have_text("8")
    page.get_by_role("button", name="Try House numbers").click()
    expect_answer(page, "1")
    expect(page.locator("#others")).to_be_hidden()


def test_another_model_that_doubts_as_well_is_not_offered(page: Page) -> None:
    page.route("**/*:classify*", doubt)
    with page.expect_response("**/house_numbers:classify*"):
        draw(page, ONE)
    expect(page.locator("#label")).to_have_text("8")
    expect(page.locator("#others")).to_be_hidden()
