"""Take the picture of the page that the README shows.

python -m tests.browser.screenshot --url http://localhost:8080 --model mnist docs/images/page.png
"""

from __future__ import annotations

import argparse
import io
import math
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium_path, visit
from tests.browser.drawing import Points, draw


def bow(x: float, y: float, radius: float, start: float, end: float) -> Points:
    """Part of a circle, clockwise; angles in turns, 0 at three o'clock."""
    turns = (start + (end - start) * step / 24 for step in range(25))
    return [
        (x + radius * math.cos(math.tau * turn), y + radius * math.sin(math.tau * turn)) for turn in turns
    ]


THREE: Points = [*bow(0.47, 0.33, 0.16, -0.45, 0.2), *bow(0.47, 0.65, 0.18, -0.2, 0.43)]


def main() -> None:
    """Draw a digit on the page of a running gateway and keep what it looks like."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--url", default="http://localhost:8080", help="a running gateway (default: %(default)s)"
    )
    parser.add_argument("--model", help="the model to choose; the gateway's default otherwise")
    parser.add_argument("--dark", action="store_true", help="as people see it who prefer dark")
    parser.add_argument("out", type=Path, help="the PNG to write")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        options = {"viewport": {"width": 1180, "height": 800}, "device_scale_factor": 1.5}
        with visit(
            browser, arguments.url, color_scheme="dark" if arguments.dark else "light", **options
        ) as seen:
            picture = photograph(seen.page, arguments.model)
        browser.close()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_bytes(shrink(picture))
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes")


def photograph(page: Page, model: str | None) -> bytes:
    """A PNG of the whole page with a digit drawn and answered."""
    if model:
        page.select_option("#model", model)
    draw(page, THREE)
    page.wait_for_selector("#verdict:not([data-status=none])")
    page.wait_for_timeout(800)  # the bars take a moment to grow
    return page.screenshot(full_page=True)


def shrink(picture: bytes) -> bytes:
    """The same picture with a palette of 256 colours: a third of the size, and no difference to the eye."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    out = io.BytesIO()
    image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


if __name__ == "__main__":
    main()
