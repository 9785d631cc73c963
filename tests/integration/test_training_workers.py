"""Two workers on one machine train one model together; only the chief publishes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving.store.layout import versions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all are held until the last one is known."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def start(folder: Path, *arguments: str) -> list[subprocess.Popen[str]]:
    """Start two workers."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    command = [sys.executable, "-m", "training", "train", "--dataset", "digits", "--model", "dense-128"]
    command += ["--profile", "fast", "--target-accuracy", "0", *arguments]
    command += ["--models-dir", str(folder / "models"), "--run-dir", str(folder / "run")]
    tasks = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}} for index in range(2)
    ]
    return [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "TF_CONFIG": json.dumps(task)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for task in tasks
    ]


def test_two_workers_train_one_model_and_the_chief_publishes_it(tmp_path: Path) -> None:
    workers = start(tmp_path, "--epochs", "10")
    outputs = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    chief, other = (json.loads(out.strip().splitlines()[-1]) for out, _ in outputs)
    assert versions(tmp_path / "models" / "digits") == [1]
    assert (chief["version"], other["version"]) == (1, None)
    assert chief["test_accuracy"] >= 0.95
    assert chief["test_accuracy"] == pytest.approx(other["test_accuracy"], abs=0.003)
    histories = [
        json.loads((tmp_path / "run" / "arguments.json").read_text())["config"],
        json.loads((tmp_path / "run" / "worker-1" / "arguments.json").read_text())["config"],
    ]
    assert histories[0] == histories[1]


def test_a_worker_that_dies_ends_the_job_with_an_error(tmp_path: Path) -> None:
    chief, other = start(tmp_path, "--epochs", "2000")
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "checkpoint.npz").exists():
        assert chief.poll() is None, chief.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    other.kill()
    other.communicate()
    _, err = chief.communicate(timeout=120)
    assert chief.returncode == 1, err
    assert "another worker of this training is gone" in err
    assert versions(tmp_path / "models" / "digits") == []
