"""The report of a run on a phone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that the gate refused, with its reasons."""
    folder = tmp_path_factory.mktemp("report")
    command = [sys.executable, "-m", "training", "train", "--dataset", "digits", "--model", "dense-128"]
    command += ["--profile", "fast", "--epochs", "2", "--min-accuracy", "1"]
    command += ["--models-dir", str(folder / "models"), "--run-dir", str(folder / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 3, done.stderr[-4000:]
    return folder / "run" / "report.html"


def test_the_report_fits_a_phone(browser: Browser, report: Path) -> None:
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, is_mobile=True)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert page.get_by_text("Refused. Nothing is published").bounding_box() is not None
    page.close()
