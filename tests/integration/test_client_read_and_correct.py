"""``mnist-classify read`` and ``correct`` against a real gateway."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from client import Client
from tests.integration.client_process import digit_png, records, run_client
from tests.stack import Stack, running_stack

MODEL = ("--model", "digits")


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the gateway keeps corrections."""
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="module")
def own_stack(
    models_dir: Path, corrections: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack that keeps corrections."""
    environ = {"GATEWAY_CORRECTIONS_DIR": str(corrections)}
    with running_stack(models_dir, tmp_path_factory.mktemp("own"), environ=environ) as stack:
        yield stack


def _page(path: Path) -> Path:
    """A page with three digits, dark on white, on two lines."""
    page = Image.new("L", (400, 300), 255)
    for digit, place in ((3, (60, 30)), (1, (200, 30)), (7, (60, 170))):
        mark = Image.open(io.BytesIO(digit_png(digit))).resize((100, 100))
        page.paste(ImageOps.invert(mark), place)
    page.save(path)
    return path


def test_a_page_is_read_in_every_output(own_stack: Stack, tmp_path: Path) -> None:
    page = _page(tmp_path / "page.png")
    (reading,) = records(run_client(own_stack.url, "read", str(page), *MODEL, "-o", "jsonl").stdout)
    assert [len(line["marks"]) for line in reading["lines"]] == [2, 1]
    lefts = [mark["box"][0] for line in reading["lines"] for mark in line["marks"]]
    assert [60 <= lefts[0] < 160, 200 <= lefts[1] < 300, 60 <= lefts[2] < 160] == [True] * 3
    with Client(own_stack.url) as client:
        assert client.read(page, model="digits").text == reading["text"]
    shown = run_client(own_stack.url, "read", str(page), *MODEL, "--show")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert all(line["text"] in shown.stdout for line in reading["lines"])
    saved = tmp_path / "seen"
    assert run_client(own_stack.url, "read", str(page), *MODEL, "--save-inputs", str(saved)).returncode == 0
    assert len(list(saved.iterdir())) == 3


def test_a_blank_page_fails_with_the_gateways_sentence(own_stack: Stack, tmp_path: Path) -> None:
    Image.new("L", (400, 300), 255).save(tmp_path / "blank.png")
    done = run_client(own_stack.url, "read", str(tmp_path / "blank.png"), *MODEL)
    assert done.returncode == 1
    assert "unusable_image" in done.stdout


def test_corrections_are_kept_under_their_label(own_stack: Stack, corrections: Path, tmp_path: Path) -> None:
    for digit in (7, 8):
        (tmp_path / "sorted" / str(digit)).mkdir(parents=True)
        (tmp_path / "sorted" / str(digit) / "a.png").write_bytes(digit_png(digit))
    arguments = ("correct", str(tmp_path / "sorted"), "--labels-from-folders", *MODEL, "-o", "jsonl")
    first = records(run_client(own_stack.url, *arguments).stdout)
    again = records(run_client(own_stack.url, *arguments).stdout)
    assert [(line["label"], line["new"]) for line in first] == [("7", True), ("8", True)]
    assert [(line["label"], line["new"]) for line in again] == [("7", False), ("8", False)]
    kept = [path.read_bytes() for path in corrections.rglob("*") if path.is_file()]
    assert {digit_png(7), digit_png(8)} <= set(kept)


def test_a_label_that_the_model_does_not_know_is_wrong_use(own_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(digit_png(1))
    done = run_client(own_stack.url, "correct", str(tmp_path / "a.png"), "--label", "cat", *MODEL)
    assert (done.returncode, done.stdout) == (2, "")
    assert "label" in done.stderr


def test_a_service_without_corrections_says_how_to_allow_them(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(digit_png(1))
    done = run_client(stack.url, "correct", str(tmp_path / "a.png"), "--label", "1", *MODEL)
    assert done.returncode == 2
    assert "GATEWAY_CORRECTIONS_DIR" in done.stderr


def test_results_resume_in_a_file(stack: Stack, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    (tmp_path / "d").mkdir()
    for digit in range(4):
        (tmp_path / "d" / f"{digit}.png").write_bytes(digit_png(digit))
    arguments = ("classify", str(tmp_path / "d"), *MODEL, "--results", str(results), "--resume")
    assert run_client(stack.url, *arguments).returncode == 0
    whole = results.read_text()
    results.write_text(whole[:-30])
    assert run_client(stack.url, *arguments).returncode == 0
    again = [json.loads(line) for line in results.read_text().splitlines()]
    assert [line["file"] for line in again] == [json.loads(line)["file"] for line in whole.splitlines()]
