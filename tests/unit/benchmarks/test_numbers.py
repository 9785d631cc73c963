"""The benchmark of numbers: its manifest, its counts and its drawings."""

from __future__ import annotations

import io
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from benchmarks.numbers import synthetic, through_api
from benchmarks.numbers.__main__ import main
from benchmarks.numbers.answers import Answer, distance, table
from benchmarks.numbers.contact_sheet import write_contact_sheet
from benchmarks.numbers.manifest import KINDS, Number, kinds_of, read_manifest


def blank() -> bytes:
    file = io.BytesIO()
    Image.new("L", (60, 30), 255).save(file, "PNG")
    return file.getvalue()


def number(text: str, *kinds: str) -> Number:
    return Number("a.png", text, frozenset(kinds), blank())


def test_the_note_of_a_picture_tells_its_kinds() -> None:
    assert kinds_of("photo; blue pen; lined paper; boxes no", "12") == {
        "photo",
        "lines or squares on the paper",
    }
    assert kinds_of("drawn; white on black; none", "12/34") == {"drawn", "several lines", "light on dark"}
    assert kinds_of("photo; black pen; plain paper", "1") <= set(KINDS)


@pytest.mark.parametrize(
    ("read", "edits"), [("123", 0), ("13", 1), ("1243", 1), ("173", 1), ("", 3), ("456", 3), ("312", 2)]
)
def test_faults_are_counted_by_edit_distance(read: str, edits: int) -> None:
    assert distance(read, "123") == edits


def test_a_reading_is_right_when_digits_and_lines_are() -> None:
    assert Answer(number("12\n3"), "12\n3", "ok", 0.1).right
    wrong = Answer(number("12\n3"), "123", "ok", 0.1)
    assert (wrong.right, wrong.digits_right) == (False, 3)
    assert Answer(number("12"), "9876543", "ok", 0.1).digits_right == 0


def test_a_table_has_a_row_for_each_kind_that_occurs() -> None:
    answers = [
        Answer(number("12", "photo"), "12", "ok", 0.1),
        Answer(number("1234", "photo"), "124", "uncertain", 0.1),
    ]
    groups = [("photo", lambda answer: "photo" in answer.number.kinds), ("drawn", lambda _: False)]
    assert table(answers, groups)[2:] == [
        "| photo | 50.0 % (1/2) | 83.3 % (5/6) | 50.0 % (1/2) | 100.0 % (1/1) |"
    ]


def test_only_failures_are_drawn(tmp_path: Path) -> None:
    right = Answer(number("1"), "1", "ok", 0.1)
    assert write_contact_sheet([right], tmp_path / "none.png") == 0
    assert not (tmp_path / "none.png").exists()
    wrong = Answer(number("1"), "7", "ok", 0.1, ((10, 5, 8, 20, "7"),))
    assert write_contact_sheet([right, wrong], tmp_path / "one.png") == 1
    with Image.open(tmp_path / "one.png") as sheet:
        assert (np.asarray(sheet.convert("RGB")) == (255, 0, 0)).all(axis=-1).any()


def test_refused_pictures_are_failures_and_other_refusals_are_errors() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.content == b"blank":
            return httpx.Response(422, json={"code": "unusable_image"})
        return httpx.Response(503, json={"code": "model_unavailable"})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://gateway") as client:
        (refused,) = through_api.read(client, "mnist", [Number("a", "1", frozenset(), b"blank")])
        assert (refused.status, refused.text, refused.digits_right) == ("unusable_image", "", 0)
        with pytest.raises(httpx.HTTPStatusError):
            through_api.read(client, "mnist", [Number("a", "1", frozenset(), b"other")])


def test_a_reading_keeps_the_boxes_of_its_marks() -> None:
    mark = {"label": "4", "class_id": 4, "probability": 0.9, "status": "ok", "box": [1, 2, 3, 4]}
    body = {"readings": [{"status": "ok", "text": "4", "lines": [{"text": "4", "marks": [mark]}]}]}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=json.dumps(body)))
    with httpx.Client(transport=transport, base_url="http://gateway") as client:
        (answer,) = through_api.read(client, "mnist", [number("4")])
    assert (answer.right, answer.boxes) == (True, ((1, 2, 3, 4, "4"),))


def test_a_manifest_names_pictures_and_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(blank())
    (tmp_path / "MANIFEST.tsv").write_text("digits\tnote\tfile\n12/3\tdrawn; black\ta.png\n")
    (only,) = read_manifest(tmp_path)
    assert (only.text, only.digits, only.file) == ("12\n3", "123", blank())


def test_a_set_of_numbers_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--synthetic", "3"]):
        with pytest.raises(SystemExit):
            main(["--url", "http://gateway", *arguments])
        assert "--numbers" in (error := capsys.readouterr().err) or "--mnist" in error


@pytest.mark.parametrize("kind", synthetic.KINDS)
def test_a_synthetic_page_is_reproducible_and_knows_its_digits(kind: str) -> None:
    images = np.zeros((10, 28, 28), np.uint8)
    for digit in range(10):
        images[digit, 4:24, 8 : 12 + digit] = 255
    labels = np.arange(10, dtype=np.uint8)
    one, again, other = (synthetic.page(images, labels, kind, 1, index) for index in (3, 3, 4))
    assert one == again
    assert one != other
    assert 2 <= len(one.digits) <= 12
    with Image.open(io.BytesIO(one.file)) as picture:
        assert picture.width > picture.height / 2
