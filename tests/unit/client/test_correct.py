"""Corrections: the library and ``mnist-classify correct``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from client.asynchronous import AsyncClient
from client.command.entry import run
from client.problems import BadRequest, CorrectionsFull, NotFound
from client.results import Correction, Failure
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


@pytest.fixture
def sorted_folder(tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sevens and an eight, each in the folder of its label, and what a file manager leaves there."""
    monkeypatch.setenv("MNIST_URL", gateway.url)
    folder = tmp_path / "sorted"
    for name in ("7/a.png", "7/b.png", "8/c.png", "7/Thumbs.db", ".hidden/x.png", "__MACOSX/._a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_picture_is_sent_with_its_label_and_kept_once(client: Client, gateway: FakeGateway) -> None:
    first, second = client.correct(b"seven", "7", name="mine"), client.correct(b"seven", "7")
    assert (first.name, first.label, first.new, second.new) == ("mine", "7", True, False)
    assert first.id == second.id
    assert gateway.corrections[0] == ("7", b"seven")
    assert gateway.received[0].path == "/v1/models/mnist:correct"
    assert gateway.received[0].query == {"label": ["7"]}


def test_the_asynchronous_client_corrects_too(gateway: FakeGateway) -> None:
    async def label() -> str:
        async with AsyncClient(gateway.url) as client:
            return (await client.correct(b"eight", "8")).label

    assert asyncio.run(label()) == "8"


def test_a_service_without_corrections_says_so(client: Client, gateway: FakeGateway) -> None:
    gateway.faults.append(fake.problem(404, "not_found"))
    with pytest.raises(NotFound):
        client.correct(b"1", "1")


def test_a_service_without_corrections_is_wrong_use(
    sorted_folder: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.faults.append(fake.problem(404, "not_found"))
    assert run(["correct", str(sorted_folder / "7" / "a.png"), "--label", "7"]) == 2
    assert capsys.readouterr().err == "mnist-classify: a not_found by script\n", "and no list of models"


def test_many_keep_their_order_and_their_failures(client: Client) -> None:
    labelled = [(b"1", "1"), (fake.BAD, "2"), (Path("missing"), "3"), (b"4", "4")]
    found = list(client.correct_many(labelled))
    assert [isinstance(result, Correction) for result in found] == [True, False, False, True]
    assert [result.error.code for result in found if isinstance(result, Failure)] == [
        "unsupported_image",
        "unreadable_source",
    ]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(507, "corrections_full", CorrectionsFull), (400, "bad_request", BadRequest)],
)
def test_what_would_fail_all_others_ends_them(
    status: int, code: str, error: type[Exception], client: Client, gateway: FakeGateway
) -> None:
    gateway.faults.extend([fake.problem(status, code)] * 100)
    with pytest.raises(error):
        list(client.correct_many([(b"1", "1")] * 100))
    assert len(gateway.received) < 20


def test_folders_give_the_labels(
    sorted_folder: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["correct", str(sorted_folder), "--labels-from-folders", "-o", "jsonl"]) == 0
    captured = capsys.readouterr()
    told = [json.loads(line) for line in captured.out.splitlines()]
    assert [(Path(line["file"]).name, line["label"], line["new"]) for line in told] == [
        ("a.png", "7", True),
        ("b.png", "7", True),
        ("c.png", "8", True),
    ]
    assert "skipped 1 system file: Thumbs.db" in captured.err
    assert sorted(gateway.corrections) == [("7", b"7/a.png"), ("7", b"7/b.png"), ("8", b"8/c.png")]


def test_one_label_for_all_files(
    sorted_folder: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(sorted_folder / "7" / "a.png")
    assert run(["correct", picture, picture, "--label", "1", "--concurrency", "1"]) == 0
    assert [line.split()[-2:] for line in capsys.readouterr().out.splitlines()] == [
        ["1", "kept"],
        ["kept", "before"],
    ]
    assert [label for label, _ in gateway.corrections] == ["1", "1"]


def test_a_folder_that_is_no_label_is_refused_before_anything_is_sent(
    sorted_folder: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    (sorted_folder / "cats").mkdir()
    assert run(["correct", str(sorted_folder), "--labels-from-folders"]) == 2
    assert "cats is not a label of mnist" in capsys.readouterr().err
    assert gateway.corrections == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x"], "Give the right label once"),
        (["x", "--label", "7", "--labels-from-folders"], "Give the right label once"),
        (["--label", "7"], "Name at least one"),
        (["missing", "--labels-from-folders"], "not a folder of folders"),
        (["--files-from", "/dev/null", "--labels-from-folders"], "takes folders, not --files-from"),
    ],
)
@pytest.mark.usefixtures("sorted_folder")
def test_wrong_use_is_exit_2(
    arguments: list[str], sentence: str, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["correct", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert gateway.corrections == []
