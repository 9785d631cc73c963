"""``classify --results --resume --shard``: runs that are killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest

from client.command.entry import run
from client.command.results_file import ResultsFile
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


@pytest.fixture(autouse=True)
def _gateway_url(gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_URL", gateway.url)


def _files(path: Path) -> list[str]:
    return [Path(json.loads(line)["file"]).name for line in path.read_text().splitlines()]


def test_results_go_to_the_file_instead_of_standard_output(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["classify", str(pictures), "--results", str(tmp_path / "a.jsonl")]) == 0
    assert capsys.readouterr().out == ""
    assert _files(tmp_path / "a.jsonl") == [f"{number}.png" for number in range(10)]


def test_an_existing_file_is_not_overwritten(
    pictures: Path, tmp_path: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_text("precious\n")
    assert run(["classify", str(pictures), "--results", str(tmp_path / "a.jsonl")]) == 2
    assert "add --resume" in capsys.readouterr().err
    assert run(["classify", str(pictures), "--results", str(tmp_path / "a.jsonl"), "--resume"]) == 2
    assert "has lines that are not results" in capsys.readouterr().err
    assert (tmp_path / "a.jsonl").read_text() == "precious\n"
    assert not list(tmp_path.glob("*.kept"))
    assert gateway.received == []


def test_resuming_asks_only_for_what_is_missing_torn_or_failed(
    pictures: Path, tmp_path: Path, gateway: FakeGateway
) -> None:
    arguments = ["classify", str(pictures), "--results", str(tmp_path / "a.jsonl"), "--resume"]
    (pictures / "5.png").write_bytes(fake.BAD)
    assert run(arguments) == 1
    whole = (tmp_path / "a.jsonl").read_bytes()
    (tmp_path / "a.jsonl").write_bytes(whole[:-20])
    (pictures / "5.png").write_bytes(b"55555")
    gateway.received.clear()
    assert run(arguments) == 0
    assert gateway.batches == [2], "the failed picture, and the one whose line was torn"
    assert sorted(_files(tmp_path / "a.jsonl")) == [f"{number}.png" for number in range(10)]
    assert "error" not in (tmp_path / "a.jsonl").read_text()
    assert run(arguments) == 0
    assert gateway.batches == [2], "a complete file asks for nothing"


def test_a_killed_run_goes_on_where_it_was(gateway: FakeGateway, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03d}.png").write_bytes(b"x" * (number + 1))
    gateway.faults.extend([fake.slow(0.02)] * 200)
    results = tmp_path / "a.jsonl"
    command = [sys.executable, "-m", "client", "classify", str(folder), "--results", str(results), "--resume"]
    with subprocess.Popen([*command, "--batch-size", "2"]) as process:
        while not results.exists() or results.stat().st_size < 2000:
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    begun = results.read_bytes().count(b"\n")
    assert 0 < begun < 200
    gateway.received.clear()
    gateway.faults.clear()
    subprocess.run(command, check=True)
    assert sum(gateway.batches) == 200 - begun
    assert _files(results) == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_two_runs_do_not_write_one_file(
    name: str, pictures: Path, tmp_path: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).with_name("a.jsonl" if name == "a.jsonl" else "a.parquet.partial.jsonl").touch()
    arguments = ["classify", str(pictures), "--results", str(tmp_path / name), "--resume"]
    first = ResultsFile(tmp_path / name, resume=True)
    assert run(arguments) == 3, "a job repeats it; 2 would end the job (k8s/components/bulk-classification)"
    assert "Another run is writing" in capsys.readouterr().err
    assert gateway.received == []
    first.__exit__()
    assert run(arguments) == 0


def test_shards_are_disjoint_complete_and_stable(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def taken(number: int) -> list[str]:
        assert run(["classify", str(pictures), "-o", "jsonl", "--shard", f"{number}/3"]) == 0
        return [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()]

    parts = [taken(number) for number in range(3)]
    assert sorted(parts[0] + parts[1] + parts[2]) == sorted(str(path) for path in pictures.iterdir())
    assert max(map(len, parts)) < 10
    (pictures / "a new one.png").write_bytes(b"1")
    assert all(set(part) <= set(taken(number)) for number, part in enumerate(parts))


@pytest.mark.parametrize("shard", ["3/3", "-1/3", "1", "a/b", "0/0", "1/"])
def test_what_is_no_shard_is_refused(shard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", "x", f"--shard={shard}"]) == 2
    assert "is not I/N" in capsys.readouterr().err


def test_resume_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["classify", "x", "--resume"]) == 2
    assert "--results" in capsys.readouterr().err


def _parquet(path: Path) -> list[dict[str, Any]]:
    return [dict(row) for row in pandas.read_parquet(path).to_dict("records")]


def test_parquet_holds_what_json_lines_hold(pictures: Path, tmp_path: Path, gateway: FakeGateway) -> None:
    (pictures / "5.png").write_bytes(fake.BAD)
    results = tmp_path / "a.parquet"
    arguments = ["classify", str(pictures), "--results", str(results), "--resume"]
    assert run(arguments) == 1
    rows = _parquet(results)
    assert [Path(row["file"]).name for row in rows] == [f"{number}.png" for number in range(10)]
    assert rows[5]["error"] == "unsupported_image"
    digit = len((pictures / "3.png").read_bytes()) % 10
    assert (rows[3]["label"], rows[3]["version"]) == (str(digit), 3)
    assert rows[3]["top"][0]["probability"] == 0.75
    (pictures / "5.png").write_bytes(b"55555")
    gateway.received.clear()
    assert run(arguments) == 0
    assert gateway.batches == [1], "only what failed is asked for again"
    rows = _parquet(results)
    assert all(pandas.isna(row["error"]) for row in rows)
    assert len(rows) == 10
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.parquet"]


def test_an_interrupted_run_leaves_no_half_parquet(
    pictures: Path, tmp_path: Path, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "a.parquet"
    arguments = ["classify", str(pictures), "--results", str(results), "--batch-size", "5"]
    gateway.faults.extend([fake.well, fake.problem(403, "wrong_key")])
    assert run([*arguments, "--concurrency", "1"]) == 2
    assert not results.exists()
    assert run(arguments) == 2, "without --resume, what the first run got would be lost"
    assert "add --resume" in capsys.readouterr().err
    asked = len(gateway.received)
    assert run([*arguments, "--resume"]) == 0
    assert len(gateway.received) == asked + 1
    assert len(_parquet(results)) == 10


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    blocked = "import sys; sys.modules['pyarrow'] = None; from client.command.entry import run; "
    program = blocked + f"sys.exit(run(['classify', 'x', '--results', {str(tmp_path / 'a.parquet')!r}]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, "pip install pyarrow" in done.stderr) == (2, True)
