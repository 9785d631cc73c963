"""The benchmark of uploads: reading its notes, and its counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.uploads import __main__ as command
from benchmarks.uploads.answers import Answer, label_cells, status_cells, style_cells
from benchmarks.uploads.manifest import STYLES, Upload


def upload(label: str, note: str = "", kind: str = "fashion", path: Path = Path("x.png")) -> Upload:
    return Upload(kind, label, note, 500, path)


def test_the_note_of_a_garment_tells_its_background_and_whether_it_is_worn() -> None:
    assert upload("coat", "background: room; worn no; photo; on a hanger").styles == {"room", "photo"}
    assert upload("coat", "background: white; worn yes; product").styles == {"white ground", "worn"}
    assert upload("shirt", "worn by a person").styles == {"worn"}


def test_every_style_of_a_kind_has_a_cell_after_that_of_all() -> None:
    answers = [Answer(upload("coat", "background: room; worn no"), "Coat", "ok")]
    cells = style_cells(answers, "fashion")
    assert len(cells) == 1 + len(STYLES["fashion"])
    assert cells[0] == "100.0 % (1/1)"
    assert cells[1 + STYLES["fashion"].index("room")] == "100.0 % (1/1)"
    assert cells[1 + STYLES["fashion"].index("worn")] == "-"


def test_labels_and_statuses_are_counted_separately() -> None:
    answers = [
        Answer(upload("coat"), "Coat", "ok"),
        Answer(upload("coat"), "Bag", "uncertain"),
        Answer(upload("bag"), "Bag", "out_of_distribution"),
        Answer(upload("bag"), None, "unusable_image"),
    ]
    assert label_cells(answers) == [("bag", "50.0 % (1/2)"), ("coat", "50.0 % (1/2)")]
    assert status_cells(answers) == ["25.0 % (1/4)"] * 4


def test_strangers_are_printed_overall_and_by_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        count = request.content.count(b"filename=")
        one: dict[str, Any] = {"label": "7", "status": "out_of_distribution", "probability": 0.4}
        return httpx.Response(200, json={"predictions": [one] * count})

    picture = tmp_path / "x.png"
    picture.write_bytes(b"png")
    shown = [upload(label, path=picture) for label in ("bag", "coat", "coat")]
    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://gateway") as client:
        command._print_strangers(client, "mnist", shown)
    lines = capsys.readouterr().out.splitlines()
    assert "| all | 0.0 % (0/3) | 0.0 % (0/3) | 100.0 % (3/3) | 0.0 % (0/3) |" in lines
    assert "| coat | 0.0 % (0/2) | 0.0 % (0/2) | 100.0 % (2/2) | 0.0 % (0/2) |" in lines
