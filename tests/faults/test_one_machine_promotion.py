"""Promotion on a machine that was started before there was a file of models to go by."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.stack.commands import CONFIG_POLL_SECONDS
from serving.stack.processes import free_port
from tests.faults import changing, known_model
from tests.faults.calls import caller
from tests.faults.recovery import publish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changes")]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    known_model.write_templates(tmp_path / "templates")
    for version in (1, 2):
        publish(tmp_path / "templates", tmp_path / "models", version)
    return tmp_path / "models"


@pytest.fixture
def running(models: Path) -> Iterator[tuple[int, str]]:
    """The port of a gateway and the address of its model server."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "serving",
        "--embedded",
        "--models-dir",
        str(models),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        address = next(found[1] for line in lines if (found := re.search(r"model server: ([\d.:]+)", line)))
        yield port, address
        process.terminate()


def test_what_a_running_server_was_told_stays(models: Path, running: tuple[int, str]) -> None:
    port, address = running
    changing.versions(models, "promote", known_model.NAME, "1", "--server", address)
    for _ in range(2):
        with caller(port) as client:
            answer = client.classify(0, changing.STABLE)
        assert answer.status == 200, answer.body
        assert answer.body["model"]["version"] == 1
        time.sleep(CONFIG_POLL_SECONDS + 2)  # it would have read its file again by then
