"""``python -m serving --in-workers``: models in the gateway's workers, and commands that change them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving import administration
from serving.stack.processes import free_port
from tests.hostile.pictures import drawing, encoded


class Server:
    """A running server whose workers have versions 1 and 2 of ``digits``.

    Attributes:
        models: the folder it serves.
        url: where it answers.
    """

    def __init__(self, folder: Path, models_dir: Path) -> None:
        self.models = folder / "models"
        for version in ("1", "2"):
            shutil.copytree(models_dir / "digits" / "1", self.models / "digits" / version)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "serving", "--in-workers", f"--models-dir={self.models}"]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--port={port}"], env={**os.environ}, stdout=log, stderr=log
            )
        self.wait_for_log("Ctrl-C stops it.")

    def wait_for_log(self, text: str) -> None:
        """Return once it has printed a text."""
        end = time.monotonic() + 120
        while text not in self._log.read_text():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.1)

    def versions(self, count: int = 20) -> set[int]:
        """The versions that answer so many requests, each on a connection of its own."""
        picture = encoded(drawing("L"), "PNG")
        found = set()
        for _ in range(count):
            reply = httpx.post(f"{self.url}/classify", content=picture, headers={"content-type": "image/png"})
            assert reply.status_code == 200, reply.text
            found.add(reply.json()["model"]["version"])
        return found


@pytest.fixture
def server(models_dir: Path, tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, models_dir)
    try:
        yield running
    finally:
        running.process.terminate()
        assert running.process.wait(60) == 0


def test_promotion_takes_every_worker_along(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.versions() == {2}
    assert administration.main(["promote", "digits", "1", "--models-dir", str(server.models)]) == 0
    assert server.versions() == {1}
    told = capsys.readouterr().out
    assert told.count("serves version 1 now") == 2
    assert administration.main(["list", "--models-dir", str(server.models)]) == 0
    assert "stable" in capsys.readouterr().out
