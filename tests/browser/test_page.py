"""What people do on the page, done in a real browser against a real stack."""

from __future__ import annotations

import base64
import io
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, visit
from tests.browser.drawing import ONE, SEVEN, ZERO, draw, picture
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

ANSWERED = re.compile("ok|uncertain|out_of_distribution")


def expect_answer(page: Page, label: str) -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-status", ANSWERED, timeout=30_000)
    expect(page.locator("#label")).to_have_text(label)
    expect(page.locator(".top-class .name")).to_have_text(label)


@pytest.mark.parametrize(("points", "label"), [(ONE, "1"), (ZERO, "0"), (SEVEN, "7")])
def test_a_digit_drawn_with_the_mouse_is_answered(
    page: Page, points: list[tuple[float, float]], label: str
) -> None:
    draw(page, points)
    expect_answer(page, label)
    shares = page.locator("#bars .share").all_text_contents()
    assert shares
    assert all(share.endswith(" %") for share in shares)
    bars = " ".join(page.locator("#bars li").all_text_contents())
    assert all(digit in bars for digit in "0123456789")
    expect(page.locator("#spoken")).to_contain_text(f"Answer: {label}")


def test_what_the_model_saw_is_shown_with_its_steps(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    seen = page.locator("#seen-picture")
    expect(seen).to_be_visible()
    assert seen.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]
    assert page.locator("#steps li").count() > 0


def test_another_drawing_replaces_the_answer_and_clearing_takes_it_back(page: Page) -> None:
    draw(page, ONE)
    expect_answer(page, "1")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#verdict")).to_have_attribute("data-status", "none")
    draw(page, ZERO)
    expect_answer(page, "0")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#verdict")).to_have_attribute("data-status", "none")


def test_a_chosen_picture_is_shown_and_answered(page: Page) -> None:
    page.set_input_files("#choose", {"name": "zero.png", "mimeType": "image/png", "buffer": picture(ZERO)})
    expect_answer(page, "0")
    expect(page.locator("#preview")).to_be_visible()


def test_a_picture_in_avif_is_answered_and_shown(page: Page) -> None:
    data = io.BytesIO()
    Image.open(io.BytesIO(picture(ZERO))).save(data, "AVIF")
    assert ".avif" in (page.get_attribute("#choose", "accept") or "")
    page.set_input_files(
        "#choose", {"name": "zero.avif", "mimeType": "image/avif", "buffer": data.getvalue()}
    )
    expect_answer(page, "0")
    expect(page.locator("#preview")).to_be_visible()


def test_a_photo_from_the_camera_is_answered(page: Page) -> None:
    expect(page.locator("#camera")).to_have_attribute("capture", "environment")
    page.set_input_files("#camera", {"name": "image.png", "mimeType": "image/png", "buffer": picture(SEVEN)})
    expect_answer(page, "7")


TRANSFER = """(data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "given.png", { type: "image/png" }));
  return transfer;
}"""


def test_a_dropped_picture_is_answered(page: Page) -> None:
    transfer = page.evaluate_handle(TRANSFER, base64.b64encode(picture(ONE)).decode())
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect_answer(page, "1")


def test_a_pasted_picture_is_answered(page: Page) -> None:
    transfer = page.evaluate_handle(TRANSFER, base64.b64encode(picture(ZERO)).decode())
    page.evaluate(
        "(transfer) => document.body.dispatchEvent("
        "new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }))",
        transfer,
    )
    expect_answer(page, "0")


def test_dropping_something_else_says_what_to_do(page: Page) -> None:
    page.evaluate("document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true }))")
    expect(page.locator("#problem")).to_contain_text("Save the picture first")


def test_a_file_that_is_no_picture_is_explained_in_words(page: Page) -> None:
    page.set_input_files(
        "#choose", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture at all"}
    )
    problem = page.locator("#problem")
    expect(problem).to_contain_text("That is not a picture")
    expect(problem).to_contain_text("Choose a PNG, JPEG")
    expect(problem).to_contain_text("Status 415")
    expect(page.locator("#unseen")).to_contain_text("notes.txt")
    draw(page, ONE)
    expect_answer(page, "1")
    expect(problem).to_be_hidden()


def test_the_name_of_a_file_is_never_taken_for_markup(page: Page) -> None:
    name = "<img src=x onerror=alert(1)>'; touch owned; '.png"
    page.set_input_files("#choose", {"name": name, "mimeType": "image/png", "buffer": b"broken"})
    expect(page.locator("#unseen")).to_contain_text(name)
    assert page.locator("#pad img:not(#preview)").count() == 0
    expect(page.locator("#curl")).to_contain_text("'\\''; touch owned; '\\''.png'")


def test_the_request_as_curl_gives_the_same_answer(page: Page, tmp_path: Path) -> None:
    draw(page, SEVEN)
    expect_answer(page, "7")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    download.value.save_as(tmp_path / "drawing.png")
    command = page.locator("#curl").text_content() or ""
    done = subprocess.run(
        ["sh", "-c", f"{command} -sS"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert '"label":"7"' in done.stdout


def test_everything_works_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answer")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#model")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#paper")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#pen")).to_have_text("Pen down.")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_answer(page, "1")
    page.keyboard.press("Backspace")
    expect(page.locator("#verdict")).to_have_attribute("data-status", "none")


def test_what_has_the_focus_is_outlined(page: Page) -> None:
    for _ in range(6):  # skip link, model, pad, choose, camera, API description
        page.keyboard.press("Tab")
        style = page.evaluate(
            "() => { const at = document.activeElement;"
            " const box = at.type === 'file' ? document.querySelector(`label[for=${at.id}]`) : at;"
            " return getComputedStyle(box).outlineStyle }"
        )
        assert style == "solid", page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 664), (412, 732)])
def test_a_phone_shows_digit_buttons_and_verdict_on_one_screen(
    browser: Browser, stack: Stack, width: int, height: int
) -> None:
    phone = {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}
    with visit(browser, stack.url, **phone) as visiting:
        page = visiting.page
        draw(page, ONE)
        expect_answer(page, "1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("scrollY") == 0
        for part in ("#paper", "#clear", "#verdict"):
            expect(page.locator(part)).to_be_in_viewport(ratio=1)
        expect(page.get_by_text("drop pictures anywhere")).to_be_hidden()


def test_dark_and_light_follow_the_system(browser: Browser, stack: Stack) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        with visit(browser, stack.url, color_scheme=scheme) as visiting:
            draw(visiting.page, ONE)
            expect_answer(visiting.page, "1")
            colour = visiting.page.evaluate("getComputedStyle(document.body).backgroundColor")
            grounds.append(sum(map(int, re.findall(r"\d+", colour)[:3])))
    assert grounds[0] > 600 > 150 > grounds[1]


def test_nothing_is_asked_of_another_host_and_the_console_stays_clean(visiting: Visit, stack: Stack) -> None:
    draw(visiting.page, ONE)
    expect_answer(visiting.page, "1")
    visiting.page.set_input_files(
        "#choose", {"name": "zero.png", "mimeType": "image/png", "buffer": picture(ZERO)}
    )
    expect_answer(visiting.page, "0")
    assert visiting.hosts - {""} == {stack.url.removeprefix("http://")}
    assert visiting.console == []


def test_the_policy_forbids_inline_scripts(visiting: Visit) -> None:
    visiting.page.evaluate(
        "() => { const script = document.createElement('script');"
        " script.textContent = 'window.owned = true'; document.head.append(script) }"
    )
    assert visiting.page.evaluate("window.owned") is None
    assert any("Content Security Policy" in line for line in visiting.console)


def test_a_gateway_that_is_gone_is_explained_and_can_be_tried_again(page: Page) -> None:
    page.route("**/*:classify*", lambda route: route.abort())
    draw(page, ONE)
    expect(page.locator("#problem")).to_contain_text("cannot be reached")
    page.unroute("**/*:classify*")
    page.get_by_role("button", name="Try again").click()
    expect_answer(page, "1")
