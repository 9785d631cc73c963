"""``python -m serving`` as a person runs it: starts, answers, stops, and says what is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from serving.listening import LOOPBACK
from serving.stack.processes import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")


def start(
    models_dir: Path, port: int, *further: str, before: tuple[str, ...] = (), **environ: str
) -> subprocess.Popen[str]:
    """The command, its output captured.

    Args:
        models_dir: what it serves.
        port: where it listens.
        further: arguments; ``--embedded`` when there are none.
        before: a command to run it with, such as ``nohup``.
        environ: variables to set.
    """
    command = [*before, sys.executable, "-m", "serving", "--models-dir", str(models_dir)]
    return subprocess.Popen(
        [*command, "--port", str(port), *(further or ["--embedded"])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "http_proxy": "http://127.0.0.1:9", **environ},  # a proxy, as companies have it
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # ignored where nohup runs the tests
    )


def read_until(process: subprocess.Popen[str], words: str, seconds: float = 150.0) -> str:
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


def answers(url: str) -> bool:
    """Whether a gateway is ready behind a URL."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as reply:
        return bool(reply.status == 200)


@pytest.mark.parametrize("mode", ["--embedded", "--in-workers"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_until_asked_to_stop_and_leaves_no_process(
    models_dir: Path, how: signal.Signals, mode: str
) -> None:
    port = free_port()
    process = start(models_dir, port, mode)
    try:
        said = read_until(process, "Ctrl-C stops it")
        assert f"http://localhost:{port}" in said
        assert not re.search("absl|oneDNN|cuInit", said), "TensorFlow's start-up messages"
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
        assert "the model server exited with status -9" in said
    finally:
        process.kill()


@pytest.mark.parametrize("mode", ["--embedded", "--in-workers"])
def test_killed_it_takes_all_its_processes_along_and_frees_the_port(models_dir: Path, mode: str) -> None:
    port = free_port()
    process = start(models_dir, port, mode)
    try:
        read_until(process, "Ctrl-C stops it")
        family = descendants(process.pid)
        process.kill()
        process.communicate(timeout=90)
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "all have ended")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    finally:
        process.kill()


def test_under_nohup_it_outlives_its_terminal(models_dir: Path) -> None:
    port = free_port()
    process = start(models_dir, port, "--in-workers", before=("nohup",))
    try:
        read_until(process, "Ctrl-C stops it")
        process.send_signal(signal.SIGHUP)
        time.sleep(2)  # it looks for signals ten times a second
        assert process.poll() is None
        assert answers(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_in_use_is_named_with_its_process_before_anything_starts(
    models_dir: Path, family: socket.AddressFamily
) -> None:
    with socket.socket(family) as taken:
        taken.bind((LOOPBACK[family], 0))
        taken.listen()
        address, port = taken.getsockname()[:2]
        said, _ = (process := start(models_dir, port, "--host", "localhost")).communicate(timeout=30)
    assert process.returncode == 1
    assert f"{address}]:{port}" in said or f"{address}:{port}" in said
    assert f"process {os.getpid()} has it" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("host", "listens_on"),
    [
        ("::1", ["[::1]"]),
        ("[::1]", ["[::1]"]),
        ("::", ["[::1]", "127.0.0.1"]),
        ("localhost", ["[::1]", "127.0.0.1"]),
        ("0.0.0.0", ["127.0.0.1"]),
    ],
)
def test_every_way_to_write_a_host_is_listened_on_and_printed_as_a_url_that_works(
    models_dir: Path, host: str, listens_on: list[str]
) -> None:
    port = free_port()
    process = start(models_dir, port, "--in-workers", GATEWAY_HOST=host, GATEWAY_WORKERS="1")
    try:
        said = read_until(process, "Ctrl-C stops it")
        (url,) = re.findall(r"Serving digits on (\S+)", said)
        assert answers(url)
        assert all(answers(f"http://{address}:{port}") for address in listens_on)
        for other in re.findall(r"from a phone or another machine: (\S+)", said):
            assert answers(other)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_command_about_another_server_prints_nothing_but_its_own_line(models_dir: Path) -> None:
    command = [sys.executable, "-m", "serving", "models", "list", "--models-dir", str(models_dir)]
    done = subprocess.run(
        [*command, "--server", "127.0.0.1:1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m serving models: 127.0.0.1:1 says UNAVAILABLE")


def test_rates_that_count_per_worker_are_named_at_the_start(models_dir: Path) -> None:
    process = start(models_dir, free_port(), GATEWAY_RATE_LIMIT="100/minute")
    try:
        said = read_until(process, "Ctrl-C stops it")
        assert "GATEWAY_RATE_LIMIT=100/minute is counted in each of 2 workers separately" in said
    finally:
        process.terminate()
        process.communicate(timeout=60)


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
        read_until(process, "renamed is published and starts to serve")
        eventually(lambda: {"digits", "renamed"} == ready(port), "both models are ready")
        eventually(lambda: predicted(port, "renamed") == 200, "a worker has loaded it")
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
