"""Two workers on one machine train one model together; only the chief publishes."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from serving.store.layout import versions
from tests.integration import training_command
from tests.integration.training_command import last_line
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all are held until the last one is known."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def described() -> list[dict[str, str]]:
    """Two workers as TensorFlow describes them."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [{"TF_CONFIG": json.dumps(task)} for task in tasks]


def numbered() -> list[dict[str, str]]:
    """Two workers as a JobSet numbers them, on ports that differ in the last digit alone."""
    while True:
        tens = free_ports(1)[0] // 10
        with suppress(OSError), ExitStack() as held:
            for index in range(2):
                held.enter_context(socket.socket()).bind(("127.0.0.1", 10 * tens + index))
            break
    common = {"WORKERS": "2", "WORKER_ADDRESS": f"127.0.0.1:{tens}{{index}}"}
    return [{**common, "WORKER_INDEX": str(index)} for index in range(2)]


def start(folder: Path, environs: list[dict[str, str]], *arguments: str) -> list[subprocess.Popen[str]]:
    """Start two workers."""
    command = ["train", "--dataset", "digits", "--model", "dense-128"]
    command += ["--profile", "fast", "--target-accuracy", "0", *arguments]
    command += ["--models-dir", str(folder / "models"), "--run-dir", str(folder / "run")]
    return [training_command.start(*command, environ=environ) for environ in environs]


@pytest.mark.parametrize("environs", [described, numbered])
def test_two_workers_train_one_model_and_the_chief_publishes_it(
    tmp_path: Path, environs: Callable[[], list[dict[str, str]]]
) -> None:
    workers = start(tmp_path, environs(), "--epochs", "10")
    outputs = [worker.communicate(timeout=800) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    chief, other = (last_line(out) for out, _ in outputs)
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
    chief, other = start(tmp_path, described(), "--epochs", "2000")
    checkpoint = tmp_path / "run" / "checkpoint.npz"
    eventually(checkpoint.exists, "a checkpoint is written", seconds=120)
    other.kill()
    other.communicate()
    _, err = chief.communicate(timeout=120)
    assert chief.returncode == 1, err
    assert "another worker of this training is gone" in err
    assert versions(tmp_path / "models" / "digits") == []
