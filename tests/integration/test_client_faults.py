"""The command while the service under it restarts, stalls and sheds load."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from tests.integration.client_process import picture_folder, records, rest_of, run_client, running_client
from tests.stack import Stack, running_stack

MODEL = ("--model", "digits")


@pytest.fixture(scope="module")
def own_stack(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose parts may be killed."""
    environ = {"GATEWAY_DEADLINE_SECONDS": "1", "GATEWAY_DRAIN_SECONDS": "0"}
    with running_stack(models_dir, tmp_path_factory.mktemp("own"), environ=environ) as stack:
        yield stack


def _stop_gateway(stack: Stack, how: signal.Signals) -> None:
    assert stack.gateway
    if how is signal.SIGKILL:
        os.killpg(stack.gateway.pid, signal.SIGKILL)
    stack.gateway.stop(grace=20)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_gateway_that_restarts_in_the_middle_loses_nothing(
    own_stack: Stack, tmp_path: Path, how: signal.Signals
) -> None:
    folder = picture_folder(tmp_path / "d", 1500)
    arguments = ("classify", str(folder), *MODEL, "-o", "jsonl", "--batch-size", "2", "--concurrency", "3")
    with running_client(own_stack.url, *arguments) as process:
        assert process.stdout
        begun = [process.stdout.readline() for _ in range(5)]
        _stop_gateway(own_stack, how)
        own_stack.start_gateway()
        rest, told = rest_of(process)
    lines = records("".join(begun) + rest)
    assert (process.returncode, told) == (0, "")
    assert [line["file"] for line in lines] == [str(path) for path in sorted(folder.iterdir())]
    assert all(line["label"] == lines[number % 10]["label"] for number, line in enumerate(lines))


def test_a_gateway_that_does_not_come_back_ends_the_run_with_exit_3(own_stack: Stack, tmp_path: Path) -> None:
    own_stack.wait_until_ready()
    folder = picture_folder(tmp_path / "d", 1500)
    arguments = ("classify", str(folder), *MODEL, "-o", "jsonl", "--batch-size", "2", "--timeout", "3")
    with running_client(own_stack.url, *arguments) as process:
        assert process.stdout
        begun = [process.stdout.readline() for _ in range(5)]
        _stop_gateway(own_stack, signal.SIGTERM)
        rest, told = rest_of(process)
    own_stack.start_gateway()
    own_stack.wait_until_ready()
    lines = records("".join(begun) + rest)
    assert process.returncode == 3
    assert 5 <= len(lines) < 1500
    assert f"stopped: {len(lines):,} classified" in told


def test_a_model_server_that_stalls_is_waited_for(own_stack: Stack, tmp_path: Path) -> None:
    own_stack.wait_until_ready()
    folder = picture_folder(tmp_path / "d", 300)
    assert own_stack.model_server
    arguments = ("classify", str(folder), *MODEL, "-o", "jsonl", "--batch-size", "2", "--concurrency", "2")
    with running_client(own_stack.url, *arguments) as process:
        assert process.stdout
        begun = [process.stdout.readline()]
        os.killpg(own_stack.model_server.pid, signal.SIGSTOP)
        try:
            _wait_for(own_stack, 'code="504"')
        finally:
            os.killpg(own_stack.model_server.pid, signal.SIGCONT)
        rest, told = rest_of(process)
    lines = records("".join(begun) + rest)
    assert (process.returncode, told) == (0, "")
    assert [line["file"] for line in lines] == [str(path) for path in sorted(folder.iterdir())]


def test_a_model_server_that_stays_away_fails_the_files_by_name(own_stack: Stack, tmp_path: Path) -> None:
    own_stack.wait_until_ready()
    folder = picture_folder(tmp_path / "d", 2)
    assert own_stack.model_server
    os.killpg(own_stack.model_server.pid, signal.SIGSTOP)
    try:
        done = run_client(own_stack.url, "classify", str(folder), *MODEL, "-o", "jsonl", "--timeout", "4")
    finally:
        os.killpg(own_stack.model_server.pid, signal.SIGCONT)
    assert done.returncode in (1, 3)
    assert "Traceback" not in done.stderr
    if done.returncode == 1:
        codes = {line["error"]["code"] for line in records(done.stdout)}
        assert codes <= {"deadline_exceeded", "timed_out"}


def _wait_for(stack: Stack, text: str) -> None:
    """Wait until the gateway's metrics show ``text``."""
    end = monotonic() + 60
    while monotonic() < end:
        if text in httpx.get(f"{stack.url}/metrics", timeout=30).text:
            return
        sleep(0.05)
    raise AssertionError(f"{text} never showed in the metrics")


def test_429_is_waited_out(models_dir: Path, tmp_path: Path) -> None:
    environ = {"GATEWAY_RATE_LIMIT": "5/second"}
    folder = picture_folder(tmp_path / "d", 60)
    with running_stack(models_dir, tmp_path / "limited", environ=environ) as stack:
        arguments = ("--batch-size", "2", "--concurrency", "4", "--retries", "50")
        done = run_client(stack.url, "classify", str(folder), *MODEL, "-o", "jsonl", *arguments)
        assert 'code="429"' in httpx.get(f"{stack.url}/metrics").text
    assert (done.returncode, done.stderr) == (0, "")
    assert [line["file"] for line in records(done.stdout)] == [str(path) for path in sorted(folder.iterdir())]
