"""The command against a real gateway and a real model server."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from client import Client
from tests.integration.client_process import (
    COMMAND,
    digit_png,
    environment,
    picture_folder,
    records,
    rest_of,
    run_client,
    running_client,
)
from tests.stack import Stack

MODEL = ("--model", "digits")


def test_every_file_gets_the_answer_that_it_gets_alone(stack: Stack, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "d", 130)
    done = run_client(stack.url, "classify", str(folder), *MODEL, "-o", "jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    lines = records(done.stdout)
    assert [line["file"] for line in lines] == [str(path) for path in sorted(folder.iterdir())]
    url = f"{stack.url}/v1/models/digits:classify"
    for number, line in enumerate(lines[:10]):
        alone = httpx.post(url, content=digit_png(number), headers={"Content-Type": "image/png"}).json()
        assert line["label"] == alone["predictions"][0]["label"]
        assert line["probability"] == pytest.approx(alone["predictions"][0]["probability"], abs=1e-5)
        assert (line["model"], line["version"]) == ("digits", 1)
    assert [line["label"] for line in lines[:10]] == [line["label"] for line in lines[120:130]]


def test_bad_files_in_a_folder_are_reported_and_the_rest_goes_on(stack: Stack, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "d", 3)
    (folder / "a broken.png").write_bytes(digit_png(1)[:60])
    (folder / "blank.png").write_bytes(_png(np.full((28, 28), 255, np.uint8)))
    (folder / "empty.png").write_bytes(b"")
    (folder / "huge.png").write_bytes(digit_png(1) + b"\0" * 11_000_000)
    (folder / "notes.txt").write_text("no picture at all\n")
    (folder / "secret.png").symlink_to(tmp_path / "missing")
    done = run_client(stack.url, "classify", str(folder), *MODEL, "-o", "jsonl")
    assert done.returncode == 1
    codes = {Path(line["file"]).name: line.get("error", {}).get("code") for line in records(done.stdout)}
    assert codes == {
        "00000.png": None,
        "00001.png": None,
        "00002.png": None,
        "a broken.png": "unreadable_image",
        "blank.png": "unusable_image",
        "empty.png": "unreadable_source",
        "huge.png": "too_large",
        "notes.txt": "unsupported_image",
        "secret.png": "unreadable_source",
    }
    assert "3 classified, 6 failed" in done.stderr


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_names_with_spaces_newlines_and_other_scripts(stack: Stack, tmp_path: Path) -> None:
    names = ["two words.png", "two\nlines.png", "सात.png", "семь.png", "七.png", "-rf.png"]
    for name in names:
        (tmp_path / name).write_bytes(digit_png(7))
    listing = "\0".join(str(tmp_path / name) for name in names)
    arguments = ("classify", "--files-from", "-", "-0", *MODEL)
    for output in ("jsonl", "csv"):
        done = run_client(stack.url, *arguments, "-o", output, input=listing)
        assert done.returncode == 0
        rows = records(done.stdout) if output == "jsonl" else list(csv.DictReader(io.StringIO(done.stdout)))
        assert [Path(row["file"]).name for row in rows] == names


def test_standard_input_show_and_save_inputs(stack: Stack, tmp_path: Path) -> None:
    saved = tmp_path / "seen"
    command = [*COMMAND, "classify", "-", *MODEL, "--show", "--save-inputs", str(saved)]
    done = subprocess.run(
        command, env=environment(stack.url), input=digit_png(3), capture_output=True, check=True
    )
    assert done.stdout.decode().count("\n") >= 15
    seen = np.asarray(Image.open(saved / "000001-stdin.png"))
    assert (seen.shape, str(seen.dtype), bool(seen.max() > 128)) == ((28, 28), "uint8", True)


def test_ctrl_c_keeps_the_results_so_far(stack: Stack, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "d", 4000)
    slowly = ("--batch-size", "1", "--concurrency", "1", "-o", "json")
    with running_client(stack.url, "classify", str(folder), *MODEL, *slowly) as process:
        assert process.stdout
        begun = process.stdout.readline() + process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, told = rest_of(process)
    assert process.returncode == 130
    results = json.loads(begun + rest)
    assert 1 <= len(results) < 4000
    paths = [str(path) for path in sorted(folder.iterdir())]
    assert [result["file"] for result in results] == paths[: len(results)]
    assert f"interrupted: {len(results):,} classified" in told
    assert "Traceback" not in told


def test_a_pipe_that_closes_early_is_no_drama(stack: Stack, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "d", 2000)
    command = " ".join([*COMMAND, "classify", str(folder), *MODEL, "-o", "jsonl", "|", "head", "-n", "1"])
    done = subprocess.run(
        ["bash", "-c", command], env=environment(stack.url), capture_output=True, text=True, check=True
    )
    assert len(records(done.stdout)) == 1
    assert done.stderr == ""


def test_the_other_commands_tell_of_the_real_service(stack: Stack) -> None:
    assert "alive and ready" in run_client(stack.url, "health").stdout
    described = json.loads(run_client(stack.url, "models", "digits", "-o", "json").stdout)
    assert (described["name"], described["ready"], described["labels"]) == (
        "digits",
        True,
        list("0123456789"),
    )
    assert described["card"]["dataset"] == "digits"
    bench = run_client(stack.url, "bench", *MODEL, "--seconds", "0.5", "-o", "json")
    assert (bench.returncode, json.loads(bench.stdout)["errors"]) == (0, {})


def test_an_unknown_model_names_those_there_are(stack: Stack, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "d", 1)
    done = run_client(stack.url, "classify", str(folder), "--model", "cats")
    assert done.returncode == 2
    assert "It serves: digits." in done.stderr


def test_the_library_takes_images_and_arrays(stack: Stack) -> None:
    image = Image.open(io.BytesIO(digit_png(4)))
    with Client(stack.url) as client:
        client.wait_until_ready(10)
        sources = [digit_png(4), io.BytesIO(digit_png(4)), image, np.asarray(image)]
        results = list(client.classify_many(sources, model="digits", include=["probabilities", "input"]))
    assert len({(result.label, round(result.probability, 5)) for result in results}) == 1  # type: ignore[union-attr]
    assert results[0].input is not None  # type: ignore[union-attr]
    assert sum(results[0].probabilities.values()) == pytest.approx(1, abs=1e-3)  # type: ignore[union-attr]
