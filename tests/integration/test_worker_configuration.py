"""The gateway as ``gunicorn_conf`` sets it up: what it listens to, counts, logs and leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gunicorn import ended
from tests.hostile.gateway import Gateway

ONCE = {"GATEWAY_WORKERS": "1", "GATEWAY_RATE_LIMIT": "1/hour"}
TRUSTED = {"GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8"}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """The folders in which the gateway may leave something behind, by the variables that name them."""
    found = {"HOME": tmp_path / "home", "TMPDIR": tmp_path / "temporary"}
    for folder in found.values():
        folder.mkdir()
    return found


@pytest.fixture
def gateway(
    folders: dict[str, Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Gateway]:
    """A gateway without a model server, with the settings that are the fixture's parameter, if any."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    environ = {name: str(folder) for name, folder in folders.items()}
    settings = {"GATEWAY_WORKERS": "2", "GATEWAY_UPLOAD_SECONDS": "1", **getattr(request, "param", {})}
    running = Gateway(tmp_path, "127.0.0.1:1", **environ, **settings)
    with ended(running):
        yield running


def test_what_the_worker_refuses_is_counted_in_the_metrics(gateway: Gateway) -> None:
    assert gateway.ask("GET", b"/healthz").status == 200
    answers = gateway.say_at_once([b"GET / HTTP/1.1\r\nHo"] * 3)
    assert [answer.status for answer in answers] == [408] * 3
    metrics = gateway.ask("GET", b"/metrics").body.decode()
    assert 'gateway_requests_total{code="408",model="",route="unmatched"} 3.0' in metrics


@pytest.mark.parametrize(
    ("gateway", "refused"),
    [({**ONCE, **TRUSTED}, [False, False, True]), (ONCE, [False, True, True])],
    indirect=["gateway"],
    ids=["trusted", "not trusted"],
)
def test_only_callers_behind_a_trusted_proxy_have_rates_of_their_own(
    gateway: Gateway, refused: list[bool]
) -> None:
    answers = [
        gateway.ask("GET", b"/v1/models", b"X-Forwarded-For: 198.51.100.%d" % number) for number in (1, 2, 1)
    ]
    assert [answer.status == 429 for answer in answers] == refused


def test_it_logs_json_and_leaves_nothing_behind(gateway: Gateway, folders: dict[str, Path]) -> None:
    assert gateway.ask("GET", b"/healthz").status == 200
    assert any(folders["TMPDIR"].iterdir())
    gateway.process.terminate()
    assert gateway.process.wait(60) == 0
    assert gateway.entries()
    assert [*folders["TMPDIR"].iterdir(), *folders["HOME"].rglob("*")] == []


def test_a_setting_that_is_wrong_is_named_and_nothing_starts(folders: dict[str, Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config=python:serving.gateway.gunicorn_conf", "x:y"],
        env={**os.environ, "GATEWAY_THREADS": "many", "TMPDIR": str(folders["TMPDIR"])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "GATEWAY_THREADS" in done.stderr
    assert list(folders["TMPDIR"].iterdir()) == []
