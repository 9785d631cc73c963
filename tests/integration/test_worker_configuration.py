"""The gateway as ``gunicorn_conf`` sets it up: what it listens to, counts, logs and leaves behind."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ENVIRONMENT = {"GATEWAY_PORT": "0", "GATEWAY_DRAIN_SECONDS": "0.2", "GATEWAY_UPLOAD_SECONDS": "1"}


class Gateway:
    """A gateway process without a model server.

    Attributes:
        home: its ``HOME``.
        temporary: where it makes its temporary files.
        port: where it listens.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.home, self.temporary = folder / "home", folder / "temporary"
        self.home.mkdir()
        self.temporary.mkdir()
        self._log = folder / "log"
        environ = {
            **os.environ,
            **ENVIRONMENT,
            **settings,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
        }
        environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        command = [sys.executable, "-m", "gunicorn", "--config=python:serving.gateway.gunicorn_conf"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "serving.gateway.app:application()"], env=environ, stdout=log, stderr=log
            )
        self.port = int(self._wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)"))

    @property
    def lines(self) -> list[str]:
        """What it has logged so far."""
        return self._log.read_text().splitlines()

    def get(self, path: str) -> str:
        """The body of a GET."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as reply:
            return str(reply.read().decode())

    def _wait_for(self, pattern: str) -> str:
        end = time.monotonic() + 60
        while not (match := re.search(pattern, self._log.read_text())):
            assert self.process.poll() is None, self.lines
            assert time.monotonic() < end, self.lines
            time.sleep(0.05)
        return match[1]


@pytest.fixture
def gateway(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    running = Gateway(tmp_path, **getattr(request, "param", {}))
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def test_what_the_worker_refuses_is_counted_in_the_metrics(gateway: Gateway) -> None:
    gateway.get("/healthz")
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHo")
            assert b" 408 " in client.recv(1000)
    assert 'gateway_requests_total{code="408",model="",route="unmatched"} 3.0' in gateway.get("/metrics")


@pytest.mark.parametrize(
    ("gateway", "are_told_apart"),
    [
        (
            {
                "GATEWAY_WORKERS": "1",
                "GATEWAY_RATE_LIMIT": "1/hour",
                "GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8",
            },
            True,
        ),
        ({"GATEWAY_WORKERS": "1", "GATEWAY_RATE_LIMIT": "1/hour"}, False),
    ],
    indirect=["gateway"],
    ids=["trusted", "not trusted"],
)
def test_only_callers_behind_a_trusted_proxy_have_rates_of_their_own(
    gateway: Gateway, are_told_apart: bool
) -> None:
    statuses = []
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1"):
        url = f"http://127.0.0.1:{gateway.port}/v1/models"
        request = urllib.request.Request(url, headers={"X-Forwarded-For": address})
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
            error.close()
    assert (statuses.count(429) == 1) is are_told_apart
    assert statuses[-1] == 429


def test_it_logs_json_and_leaves_nothing_behind(gateway: Gateway) -> None:
    gateway.get("/healthz")
    assert any(gateway.temporary.iterdir())
    gateway.process.terminate()
    assert gateway.process.wait(60) == 0
    assert all(isinstance(json.loads(line), dict) for line in gateway.lines)
    assert list(gateway.temporary.iterdir()) == []
    assert list(gateway.home.rglob("*")) == []


def test_a_setting_that_is_wrong_is_named_and_nothing_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config=python:serving.gateway.gunicorn_conf", "x:y"],
        env={**os.environ, "GATEWAY_THREADS": "many", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "GATEWAY_THREADS" in done.stderr
    assert list(tmp_path.iterdir()) == []
