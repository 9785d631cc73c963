"""``python -m serving`` as a person runs it: starts, answers, stops, and says what is wrong."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.stack.processes import free_port

pytestmark = pytest.mark.xdist_group("e2e")


def start(models_dir: Path, port: int, mode: str = "--embedded") -> subprocess.Popen[str]:
    """The command, its output captured."""
    command = [
        sys.executable,
        "-m",
        "serving",
        "--models-dir",
        str(models_dir),
        "--port",
        str(port),
        mode,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(process: subprocess.Popen[str], words: str, seconds: float = 60.0) -> str:
    """The output up to the line with these words; the child's end or the time limit fails the test."""
    assert process.stdout is not None
    seen, end = "", time.monotonic() + seconds
    while words not in seen:
        line = process.stdout.readline()
        assert line, f"ended before saying {words!r}:\n{seen}"
        assert time.monotonic() < end, f"did not say {words!r} in {seconds} s:\n{seen}"
        seen += line
    return seen


def descendants(pid: int) -> list[int]:
    """The process ids of all children, grandchildren and so on."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


@pytest.mark.parametrize("mode", ["--embedded", "--in-workers"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_asked_to_stop_and_leaves_no_process(
    models_dir: Path, how: signal.Signals, mode: str
) -> None:
    port = free_port()
    process = start(models_dir, port, mode)
    try:
        said = read_until(process, "Ctrl-C stops it")
        assert f"http://localhost:{port}" in said
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as reply:
            assert reply.status == 200
        family = descendants(process.pid)
        assert len(family) >= 3, "gunicorn and its workers were expected"
        process.send_signal(how)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    finally:
        process.kill()


def test_it_ends_with_an_error_when_the_model_server_dies(models_dir: Path) -> None:
    process = start(models_dir, free_port())
    try:
        read_until(process, "Ctrl-C stops it")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        server = next(c for c in children if "model_server" in Path(f"/proc/{c}/cmdline").read_text())
        subprocess.run(["kill", "-KILL", server], check=True)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "the model server ended" in said
    finally:
        process.kill()


def test_a_port_in_use_is_named_before_anything_starts(models_dir: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said, _ = (process := start(models_dir, port)).communicate(timeout=30)
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_an_empty_models_folder_says_how_to_train_one(tmp_path: Path) -> None:
    said, _ = (process := start(tmp_path, free_port())).communicate(timeout=30)
    assert process.returncode == 1
    assert "python -m training train" in said


@pytest.mark.parametrize("mode", ["--embedded", "--in-workers"])
def test_a_model_published_under_a_new_name_begins_to_serve(
    models_dir: Path, tmp_path: Path, mode: str
) -> None:
    mine = tmp_path / "models"
    shutil.copytree(models_dir / "digits", mine / "digits")
    port = free_port()
    process = start(mine, port, mode)
    try:
        read_until(process, "Ctrl-C stops it")
        shutil.copytree(models_dir / "digits", tmp_path / "aside")
        (tmp_path / "aside").rename(mine / "renamed")
        read_until(process, "renamed is published and begins to serve")
        assert wait_for(lambda: {"digits", "renamed"} == ready(port))
        assert wait_for(lambda: predicted(port, "renamed") == 200), "each worker loads it in its own time"
    finally:
        process.terminate()
        process.communicate(timeout=60)


def ready(port: int) -> set[str]:
    """The listed models that can answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models") as reply:
        return {model["name"] for model in json.load(reply)["models"] if model["ready"]}


def predicted(port: int, model: str) -> int:
    """The status of a prediction."""
    body = json.dumps({"instances": [[[[0.0]] * 28] * 28]}).encode()
    url = f"http://127.0.0.1:{port}/v1/models/{model}:predict"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body)) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether something becomes so in this time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
