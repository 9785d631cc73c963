"""What the page says of an answer, and when."""

from __future__ import annotations

import base64
import re
import threading

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import visit
from tests.browser.drawing import ONE, SEVEN, ZERO, draw, moved, picture
from tests.browser.test_page import expect_answer
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


@pytest.mark.parametrize(
    ("status", "probability", "words"),
    [
        ("ok", 1.0, "Sure: > 99.9 %."),
        ("ok", 0.995, "Sure: 99.5 %."),
        ("ok", 0.99, "Sure: 99.0 %."),
        ("ok", 0.9899, "Fairly sure: 99.0 %."),
        ("ok", 0.8, "Fairly sure: 80.0 %."),
        ("ok", 0.485, "Unsure: 48.5 %."),
        ("uncertain", 0.485, "Uncertain: 48.5 %. It may be 8 (40.0 %). Please check."),
        ("out_of_distribution", 0.9, "A guess, 90.0 %: this looks unlike anything the model has learned."),
    ],
)
def test_the_verdict_follows_the_calibrated_probability_and_names_it(
    page: Page, status: str, probability: float, words: str
) -> None:
    answer = {"status": status, "label": "3", "probability": probability}
    answer["top"] = [{"label": "3", "probability": probability}, {"label": "8", "probability": 0.4}]
    said = page.evaluate("async (it) => (await import('/page/words.js')).verdict(it)", answer)
    assert said == words


def test_looking_is_said_at_once_and_before_anything_is_answered(page: Page) -> None:
    answer_now = held(page)
    draw(page, ONE)
    expect(page.locator("#sentence")).to_have_text("Looking …")
    answer_now()
    expect_answer(page, "1")


def test_an_answer_that_comes_after_clear_is_not_shown(page: Page) -> None:
    answer_now = held(page)
    with page.expect_request("**/*:classify*"):
        draw(page, ONE)
    page.get_by_role("button", name="Clear").click()
    answer_now()
    page.wait_for_timeout(500)
    expect(page.locator("#verdict")).to_have_attribute("data-status", "none")
    expect(page.locator("#label")).to_have_text("?")


def test_clear_takes_the_answer_back_before_the_next_stroke_ends(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    states = page.evaluate(
        """() => {
          document.getElementById("clear").click();
          const [verdict, request] = ["verdict", "request"].map((id) => document.getElementById(id));
          return [verdict.dataset.status, request.hidden];
        }"""
    )
    assert states == ["none", True]
    draw(page, ZERO)
    expect_answer(page, "0")


def test_a_drawing_is_sent_without_waiting_for_an_idle_moment(browser: Browser, stack: Stack) -> None:
    context = browser.new_context()
    context.add_init_script("HTMLCanvasElement.prototype.toBlob = () => {}")  # as slow as can be
    page = context.new_page()
    page.goto(stack.url)
    page.wait_for_selector("#bars li")
    draw(page, SEVEN)
    expect_answer(page, "7")
    context.close()


def test_classes_that_are_hardly_likely_share_one_line(page: Page) -> None:
    page.evaluate(
        """async () => {
          const { showBars } = await import("/page/bars.js");
          showBars([["0", 0.0001], ["1", 0.998], ["2", 0.0019], ["3", 0]], "1");
        }"""
    )
    expect(page.locator("#bars li")).to_have_text(
        [re.compile("1.*99.8 %"), re.compile("2.*0.2 %"), "0, 3: < 0.1 % each"]
    )


def test_of_several_dropped_pictures_every_one_gets_its_answer(page: Page) -> None:
    files = [
        base64.b64encode(data).decode() for data in (picture(ZERO), picture(SEVEN), b"none", picture(ONE))
    ]
    transfer = page.evaluate_handle(
        """(files) => {
          const transfer = new DataTransfer();
          files.forEach((data, index) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], `given-${index}.png`, { type: "image/png" }));
          });
          return transfer;
        }""",
        files,
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect_answer(page, "0")
    shown = page.locator("#visited b")
    expect(shown).to_have_text(["0", "7", "?", "1"])
    expect(page.locator("#visited li").nth(2)).to_contain_text("That is not a picture · given-2.png")


def test_an_upload_shows_how_much_of_it_is_sent(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    devtools.send("Network.emulateNetworkConditions", slow)
    page.set_input_files(
        "#choose", {"name": "large.png", "mimeType": "image/png", "buffer": b"none" * 200_000}
    )
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#sentence")).to_have_text(re.compile(r"Sending, \d+ % …"))
    expect(page.locator("#problem")).to_contain_text("That is not a picture", timeout=30_000)
    expect(page.locator("#progress")).to_be_hidden()


def test_a_picture_that_is_too_large_is_not_sent_at_all(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_input_files(
        "#choose", {"name": "huge.png", "mimeType": "image/png", "buffer": bytes(10_000_001)}
    )
    expect(page.locator("#problem")).to_contain_text("It has 10 MB; the limit is 10 MB.")
    assert not any(":classify" in url for url in asked)


def test_a_number_is_read_with_a_box_around_each_digit(page: Page) -> None:
    draw(page, moved(ONE, -0.25))
    draw(page, moved(ZERO, 0.2))
    expect(page.locator("#label")).to_have_text("10", timeout=30_000)
    expect(page.locator("#marks b")).to_have_text(["1", "0"])
    expect(page.locator("#boxes text")).to_have_text(["1", "0"])
    for mark in (0, 1):
        page.locator("#marks button").nth(mark).click()
        expect(page.locator("#boxes g").nth(mark)).to_have_class("chosen")
        expect(page.locator(".top-class .name")).to_have_text("10"[mark])
        expect(page.locator("#seen-picture")).to_be_visible()
    left, right = (page.locator("#boxes rect").nth(mark).bounding_box() for mark in (0, 1))
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"]
    assert ":read" in (page.locator("#curl").text_content() or "")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#marks")).to_be_hidden()
    expect(page.locator("#boxes g")).to_have_count(0)


def test_earlier_pictures_of_this_visit_can_be_looked_at_again_and_forgotten(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    page.get_by_role("button", name="Clear").click()
    draw(page, ZERO)
    expect_answer(page, "0")
    expect(page.locator("#visited b")).to_have_text(["0", "1"])
    page.locator("#visited button").nth(1).click()
    expect_answer(page, "1")
    expect(page.locator("#preview")).to_be_visible()
    expect(page.locator("#visited b")).to_have_text(["0", "1"])
    page.get_by_role("button", name="Forget all").click()
    expect(page.locator("#visit")).to_be_hidden()
    page.reload()
    expect(page.locator("#visit")).to_be_hidden()


def test_the_camera_is_answered_live_until_it_is_stopped(page: Page) -> None:
    button = page.get_by_role("button", name="Live camera")
    button.click()
    with page.expect_request("**/*:classify*"):
        pass
    with page.expect_request("**/*:classify*") as second:
        pass
    assert second.value.headers["content-type"] == "image/jpeg"
    page.wait_for_function(
        "() => !document.getElementById('problem').hidden"
        " || document.getElementById('verdict').dataset.status !== 'none'"
    )
    page.get_by_role("button", name="Stop camera").click()
    expect(page.locator("#live-picture")).to_be_hidden()
    assert page.evaluate("document.getElementById('live-picture').srcObject") is None
    expect(page.locator("#verdict")).to_have_attribute("data-status", "none")
    expect(page.locator("#visit")).to_be_hidden()


def test_a_stroke_on_the_pad_ends_the_camera(page: Page) -> None:
    page.get_by_role("button", name="Live camera").click()
    page.wait_for_function("() => document.getElementById('live-picture').videoWidth > 0")
    draw(page, SEVEN)
    expect_answer(page, "7")
    expect(page.locator("#live-picture")).to_be_hidden()


def test_a_right_label_is_sent_with_the_picture_where_corrections_are_kept(
    browser: Browser, stack: Stack
) -> None:
    context = browser.new_context()
    page = context.new_page()
    posted: list[str] = []

    def keep(route: Route) -> None:
        posted.append(route.request.post_data or "")
        route.fulfill(json={})

    page.route("**/v1/models", with_corrections)
    page.route("**/*:correct", keep)
    page.goto(stack.url)
    page.wait_for_selector("#bars li")
    expect(page.locator("#kept")).to_contain_text("unless you correct its answer")
    draw(page, ONE)
    expect_answer(page, "1")
    page.get_by_label("Wrong? It is").select_option("7")
    page.get_by_role("button", name="Correct it").click()
    expect(page.locator("#correction-note")).to_have_text("Thank you. The picture is saved as 7.")
    assert re.search(r'name="label"\s+7\s', posted[0])
    assert 'filename="drawing.png"' in posted[0]
    context.close()


def test_nobody_is_asked_to_correct_where_corrections_are_not_kept(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    expect(page.locator("#correction")).to_be_hidden()
    expect(page.locator("#kept")).to_have_text("Nothing you draw or upload is kept.")


def test_a_finger_is_offered_a_photo_and_a_mouse_is_not(browser: Browser, stack: Stack) -> None:
    for touch in (True, False):
        with visit(browser, stack.url, has_touch=touch, is_mobile=touch) as visiting:
            expect(visiting.page.get_by_text("Photo", exact=True)).to_be_visible(visible=touch)


def with_corrections(route: Route) -> None:
    """The gateway's list, as one that keeps corrections gives it."""
    response = route.fetch()
    route.fulfill(response=response, json={**response.json(), "corrections": True})


class held:  # noqa: N801 - reads as a verb
    """Holds answers to ``:classify`` back until it is called."""

    def __init__(self, page: Page) -> None:
        self._page, self._open = page, threading.Event()
        self._waiting: list[Route] = []
        page.route("**/*:classify*", self._hold)

    def _hold(self, route: Route) -> None:
        if self._open.is_set():
            route.continue_()
        else:
            self._waiting.append(route)

    def __call__(self) -> None:
        self._page.wait_for_timeout(400)  # longer than the page waits for a second stroke
        self._open.set()
        for route in self._waiting:
            route.continue_()
