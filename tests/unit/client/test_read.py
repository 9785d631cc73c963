"""Reading numbers: the library and ``mnist-classify read``."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from client.asynchronous import AsyncClient
from client.command.entry import run
from client.drawing import draw_reading
from client.problems import BadRequest, UnsupportedImage
from client.results import Failure, Line, Mark, Reading
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


@pytest.fixture
def notes(tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two notes, one of two lines and one with a doubtful digit."""
    monkeypatch.setenv("MNIST_URL", gateway.url)
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"25/13")
    (folder / "longer name.jpg").write_bytes(b"714")
    return folder


def test_a_picture_is_read_in_lines(client: Client, gateway: FakeGateway) -> None:
    found = client.read(b"25/13", name="note")
    assert (found.text, found.status, found.name) == ("25\n13", "ok", "note")
    assert (found.model, found.version) == ("mnist", 3)
    assert [line.text for line in found.lines] == ["25", "13"]
    assert found.lines[1].marks[0] == Mark("1", 1, 0.99, "ok", (10, 40, 15, 25))
    assert (gateway.received[0].path, gateway.received[0].query) == ("/v1/models/mnist:read", {})


def test_the_options_of_reading_are_sent(client: Client, gateway: FakeGateway) -> None:
    found = client.read(b"7", version=2, include=["input"])
    assert gateway.received[0].path == "/v1/models/mnist/versions/2:read"
    assert gateway.received[0].query == {"include": ["input"]}
    assert found.lines[0].marks[0].input is not None
    assert found.lines[0].marks[0].input.png == fake.SEEN


def test_what_goes_wrong_is_raised_for_one_and_a_failure_among_many(
    client: Client, gateway: FakeGateway
) -> None:
    with pytest.raises(UnsupportedImage):
        client.read(fake.BAD)
    found = list(client.read_many([b"1", fake.BAD, b"23"]))
    assert [isinstance(result, Reading) and result.text for result in found] == ["1", False, "23"]
    gateway.faults.append(fake.problem(400, "bad_request"))
    with pytest.raises(BadRequest):
        client.read(b"1", model="fashion_mnist")


def test_the_asynchronous_client_reads_too(gateway: FakeGateway) -> None:
    async def texts() -> list[str]:
        async with AsyncClient(gateway.url) as client:
            assert (await client.read(b"31")).text == "31"
            found = [result async for result in client.read_many([b"4", b"5", fake.BAD])]
            return [result.error.code if isinstance(result, Failure) else result.text for result in found]

    assert asyncio.run(texts()) == ["4", "5", "unsupported_image"]


def test_text_shows_the_lines_and_the_doubtful_marks(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["read", str(notes)]) == 0
    first, second, third, doubt = capsys.readouterr().out.splitlines()
    assert first.split()[-2:] == ["25", "ok"]
    assert second.strip() == "13"
    assert second.index("13") == third.index("714"), "the texts are aligned"
    assert doubt.strip() == "line 1, mark 3: 4 50.00%  uncertain"


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_json_has_the_marks_with_their_boxes(
    output: str, notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["read", str(notes), "-o", output, "--include-input"]) == 0
    told = capsys.readouterr().out
    first, second = json.loads(told) if output == "json" else map(json.loads, told.splitlines())
    assert (first["file"], first["text"], first["status"]) == (str(notes / "a.jpg"), "25\n13", "ok")
    assert first["lines"][0]["marks"][1]["box"] == [30, 10, 15, 25]
    assert first["lines"][0]["marks"][1]["input"]["steps"] == ["cropped"]
    assert second["lines"][0]["marks"][2]["status"] == "uncertain"


def test_csv_has_a_row_for_each_picture(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (notes / "z.txt").write_bytes(fake.BAD)
    assert run(["read", str(notes), "-o", "csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["text"], row["marks"], row["error"]) for row in rows] == [
        ("25\n13", "4", ""),
        ("714", "3", ""),
        ("", "", "unsupported_image"),
    ]


def test_every_mark_that_the_model_saw_is_saved(notes: Path, tmp_path: Path) -> None:
    assert run(["read", str(notes / "a.jpg"), "--save-inputs", str(tmp_path / "seen")]) == 0
    names = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert names == [f"000001-a-00{place}.png" for place in (1, 2, 3, 4)]


def test_show_draws_the_picture_with_boxes_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "note.png"
    Image.new("L", (192, 96), 255).save(path)
    mark = Mark("7", 7, 0.99, "ok", (20, 20, 40, 40))
    found = Reading("note.png", "7", "ok", (Line("7", (mark,)),), "mnist", 3, source=path)
    lines = [line[4:] for line in draw_reading(found, colour=False)]
    assert len(lines) == 24
    assert lines[5][10] == "7", "the label stands on the corner of the box"
    assert lines[10][10] != "@", "the box is drawn"
    assert lines[10][50] == "@", "on the white page"
    assert "\x1b[38;5;" in draw_reading(found, colour=True)[0]


def test_show_of_a_picture_that_is_gone_says_so(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["read", str(notes / "a.jpg"), "--show"]) == 0
    told = capsys.readouterr().out
    assert "the picture cannot be shown" in told
    assert " object at 0x" not in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "Name at least one"), (["x", "--show", "-o", "csv"], "--show"), (["x", "--fit", "auto"], "--fit")],
)
def test_wrong_use_is_exit_2(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["read", *arguments]) == 2
    assert sentence in capsys.readouterr().err
