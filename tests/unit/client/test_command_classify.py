"""``mnist-classify classify`` from its arguments to its output and exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from client.command.entry import run
from client.command.text import columns
from serving.gateway.deadline import LONGEST
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


@pytest.fixture(autouse=True)
def _gateway_url(gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_URL", gateway.url)


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_for_each_file_and_exit_0(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", str(pictures)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [str(pictures / f"{n}.png") for n in range(10)]
    assert all("75.00%" in line and line.endswith("ok") for line in lines)


def test_json_lines_have_the_documented_fields(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pictures / "notes.txt").write_bytes(fake.BAD)
    assert run(["classify", str(pictures), "-o", "jsonl"]) == 1
    *good, bad = _lines(capsys.readouterr().out)
    fields = {"file", "label", "class_id", "probability", "status", "model", "version", "top"}
    assert all(set(line) == fields for line in good)
    assert set(bad) == {"file", "error"}
    assert (bad["error"]["code"], bad["error"]["detail"]) == ("unsupported_image", "Not an image type.")


def test_json_is_one_array(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", str(pictures), "--output", "json", "--batch-size", "3"]) == 0
    assert [Path(entry["file"]).name for entry in json.loads(capsys.readouterr().out)] == [
        f"{number}.png" for number in range(10)
    ]


def test_json_of_nothing_is_an_empty_array(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["classify", str(tmp_path / "empty"), "-o", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert "nothing to classify" in captured.err


def test_csv_is_read_back_by_a_csv_reader(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pictures / 'a "quoted", name\n.png').write_bytes(b"22")
    assert run(["classify", str(pictures), str(pictures / "missing"), "-o", "csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 12
    assert rows[-2]["file"] == str(pictures / 'a "quoted", name\n.png')
    assert rows[-1]["error"] == "unreadable_source"


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "csv"])
def test_warnings_are_printed_in_every_output(
    output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.png").write_bytes(fake.ODD)
    assert run(["classify", str(tmp_path / "odd.png"), "-o", output]) == 0
    told = capsys.readouterr().out
    assert "Several marks." in told
    assert "One is wide." in told


def test_names_and_labels_of_any_length_are_aligned(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / ("a very long name" * 4 + ".png")).write_bytes(b"1")
    (pictures / "数字.png").write_bytes(b"22")
    assert run(["classify", str(pictures), "--batch-size", "50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len({columns(line[: line.index("█")]) for line in lines}) == 1


@pytest.mark.parametrize("arguments", [[], ["-r"]])
def test_what_systems_leave_in_folders_is_skipped_and_counted(
    arguments: list[str], pictures: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "__MACOSX").mkdir()
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "__MACOSX/._1.png"):
        (pictures / name).write_bytes(fake.BAD)
    assert run(["classify", str(pictures), *arguments]) == 0
    assert sum(gateway.batches) == 10
    told = capsys.readouterr().err
    assert "skipped 4 system files: .DS_Store, Thumbs.db, __MACOSX, desktop.ini" in told


def test_what_systems_leave_is_skipped_in_patterns_and_taken_by_name(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "THUMBS.DB").write_bytes(fake.BAD)
    assert run(["classify", str(pictures / "*")]) == 0
    assert "skipped 1 system file: THUMBS.DB" in capsys.readouterr().err
    assert run(["classify", str(pictures / "THUMBS.DB")]) == 1


def test_the_longest_timeout_is_the_gateways(
    pictures: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["classify", str(pictures), "--timeout", "3600"]) == 0
    assert float(gateway.received[0].headers["x-request-timeout"]) <= LONGEST
    assert run(["classify", str(pictures), "--timeout", "3601"]) == 2
    assert "3600" in capsys.readouterr().err
    assert run(["classify", "--help"]) == 0
    assert "at most 3600" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "name",
    [
        "with space.png",
        "new\nline.png",
        "数字.png",
        "ünï.png",
        "-dash.png",
        "\x1b[31mred.png",
        "'\"$(x)`.png",
    ],
)
def test_names_of_every_kind_come_back_as_they_were(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / name).write_bytes(b"333")
    assert run(["classify", str(tmp_path / "d"), "-o", "jsonl"]) == 0
    (line,) = _lines(capsys.readouterr().out)
    assert (line["file"], line["label"]) == (str(tmp_path / "d" / name), "3")
    assert run(["classify", str(tmp_path / "d")]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_a_name_that_is_no_text_survives_json(tmp_path: Path, capsysbinary: Any) -> None:  # noqa: ANN401
    path = os.fsencode(tmp_path) + b"/bad\xff.png"
    Path(os.fsdecode(path)).write_bytes(b"1")
    assert run(["classify", os.fsdecode(path), "-o", "jsonl"]) == 0
    assert os.fsencode(json.loads(capsysbinary.readouterr().out)["file"]) == path


def test_bad_files_are_reported_in_their_place(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = [str(pictures / "1.png"), "missing.png", "nothing/*.png", str(pictures / "2.png")]
    assert run(["classify", *places]) == 1
    captured = capsys.readouterr()
    assert [("failed" in line) for line in captured.out.splitlines()] == [False, True, True, False]
    assert "2 classified, 2 failed" in captured.err


def test_standard_input_is_one_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"7777777")))
    assert run(["classify", "-", "-o", "jsonl"]) == 0
    (line,) = _lines(capsys.readouterr().out)
    assert (line["file"], line["label"]) == ("-", "7")


def test_files_from_a_list(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(pictures / name) for name in ("3.png", "1.png")]
    (tmp_path / "list").write_bytes("\0".join(paths).encode())
    assert run(["classify", "--files-from", str(tmp_path / "list"), "-0", "-o", "jsonl"]) == 0
    assert [line["file"] for line in _lines(capsys.readouterr().out)] == paths


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name at least one file"),
        (["x", "--version", "1", "--label", "canary"], "give one"),
        (["x", "--show", "-o", "json"], "only with --output text"),
        (["x", "-0"], "--files-from"),
        (["-", "-"], "only once"),
        (["-", "--files-from", "-"], "only once"),
        (["x", "--include", "weights"], "not one of probabilities, input"),
        (["x", "--url", "ftp://host"], "not the address of a service"),
        (["x", "--url", "http://"], "not the address of a service"),
        (["x", "--url", "host:99999"], "not the address of a service"),
        (["x", "--url", "http://1.2.3.999"], "not the address of a service"),
        (["x", "--url", "http://ä_.example"], "not the address of a service"),
        (["x", "--url", "http://control\x7f"], "not the address of a service"),
        (["x", "--url", "http://host/?query"], "not the address of a service"),
        (["x", "--batch-size", "0"], "--batch-size"),
        (["x", "--timeout", "0"], "--timeout"),
        (["x", "--fit", "crop"], "--fit"),
        (["x", "--api-key-file", "missing"], "missing"),
        (["x", "--save-inputs", "/dev/null/x"], "cannot be created"),
        (["x", "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_use_is_exit_2_with_a_sentence(
    arguments: list[str], sentence: str, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["classify", *arguments]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""
    assert gateway.received == []


def test_an_unknown_model_is_exit_2_and_names_those_served(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["classify", str(pictures), "--model", "cats"]) == 2
    assert "It serves: mnist." in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code"), [(401, "missing_key"), (403, "wrong_key"), (400, "bad_request")])
def test_what_is_wrong_with_every_request_ends_the_run_with_exit_2(
    status: int, code: str, gateway: FakeGateway, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.faults.append(fake.problem(status, code))
    assert run(["classify", str(pictures)]) == 2
    assert f"a {code} by script" in capsys.readouterr().err
    assert len(gateway.received) == 1


def test_an_unreachable_service_is_exit_3(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", str(pictures), "--url", "http://127.0.0.1:9"]) == 3
    assert "is the service running?" in capsys.readouterr().err


def test_something_else_at_the_address_is_exit_3(
    gateway: FakeGateway, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.faults.append(fake.plain(200))
    assert run(["classify", str(pictures)]) == 3
    assert "is this the address" in capsys.readouterr().err


def test_show_draws_what_the_model_saw(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", str(pictures / "1.png"), "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 14 + 1
    assert lines[-1].strip() == "cropped"


def test_inputs_are_saved_under_names_that_cannot_meet(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "sub").mkdir()
    (pictures / "sub" / "1.png").write_bytes(b"1")
    (pictures / "sub" / "..2.png").write_bytes(b"1")
    places = [
        str(pictures / "1.png"),
        "missing",
        str(pictures / "sub" / "1.png"),
        str(pictures / "sub" / "..2.png"),
    ]
    assert run(["classify", *places, "--save-inputs", str(tmp_path / "seen" / "deep"), "-o", "jsonl"]) == 1
    saved = sorted(path.name for path in (tmp_path / "seen" / "deep").iterdir())
    assert saved == ["000001-1.png", "000003-1.png", "000004-..2.png"]
    assert (tmp_path / "seen" / "deep" / saved[0]).read_bytes() == fake.SEEN
    assert all("input" not in line for line in _lines(capsys.readouterr().out))


def test_include_adds_what_the_model_saw(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", str(pictures / "1.png"), "--include", "input", "-o", "jsonl"]) == 0
    assert _lines(capsys.readouterr().out)[0]["input"]["steps"] == ["cropped"]


def test_a_full_disk_is_said_in_a_sentence(pictures: Path) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "client", "classify", str(pictures)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "mnist-classify: the output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("redirected", [False, True])
def test_long_work_on_a_terminal_shows_its_progress(
    redirected: bool, gateway: FakeGateway, pictures: Path, tmp_path: Path
) -> None:
    gateway.faults.extend([fake.slow(0.4)] * 4)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "client", "classify", *[str(pictures)] * 4]
    flags = ["--batch-size", "10", "--concurrency", "1"]
    with (tmp_path / "out").open("wb") as file:
        streams = {"stdout": file if redirected else theirs, "stderr": theirs, "stdin": theirs}
        environ = {**os.environ, "TERM": "xterm-256color"}
        with subprocess.Popen([*command, *flags], env=environ, **streams) as process:  # type: ignore[call-overload]
            os.close(theirs)
            shown = _read_terminal(ours)
    assert process.returncode == 0
    assert "40/40" in shown
    lines = (tmp_path / "out").read_text() if redirected else shown
    assert lines.count("75.00%") == 40


def _read_terminal(number: int) -> str:
    blocks = []
    with os.fdopen(number, "rb", buffering=0) as terminal:
        try:
            while block := terminal.read(65536):
                blocks.append(block)
        except OSError:  # what Linux says at the end of a terminal
            pass
    return b"".join(blocks).decode()


def test_a_reader_that_leaves_early_is_no_reason_to_complain(gateway: FakeGateway, pictures: Path) -> None:
    command = [sys.executable, "-m", "client", "classify", *[str(pictures)] * 300, "--batch-size", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
    assert sum(gateway.batches) < 3000
