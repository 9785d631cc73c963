"""``models promote --soak``: a canary that does as well is promoted, one that does not is ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from serving import administration
from serving.administration import comparison, signals
from serving.administration.comparison import StableVersion
from serving.store import running
from serving.store.running import Running
from tests.faults.test_promotion import Server


@dataclass
class Gateway:
    """Serves metrics as a gateway does. What ``answer`` adds is counted by the next scrape after the first.

    Attributes:
        counters: name with labels -> value.
        coming: what the counters rise by once a canary may have begun.
        scrapes: how often it was asked.
        silent: the scrapes that it answers with an error, as while it restarts.
        meanwhile: called with the number of each scrape.
    """

    counters: dict[str, float] = field(default_factory=dict)
    coming: dict[str, float] = field(default_factory=dict)
    scrapes: int = 0
    silent: set[int] = field(default_factory=set)
    meanwhile: Callable[[int], None] = lambda _: None

    def answer(self, version: int, label: str, status: str, pictures: int, confidence: float) -> None:
        labels = f'model="digits",version="{version}"'
        for name, value in (
            (f'gateway_predictions_total{{{labels},label="{label}",status="{status}"}}', pictures),
            (f"gateway_confidence_sum{{{labels}}}", pictures * confidence),
            (f"gateway_confidence_count{{{labels}}}", pictures),
        ):
            self.coming[name] = self.coming.get(name, 0.0) + value

    def requests(self, code: int, count: int) -> None:
        self.coming[f'gateway_requests_total{{model="digits",route="classify",code="{code}"}}'] = count

    def text(self) -> str:
        self.scrapes += 1
        if self.scrapes == 2:
            self.counters.update({name: self.counters.get(name, 0) + v for name, v in self.coming.items()})
        kinds = "# TYPE gateway_predictions counter\n# TYPE gateway_requests counter\n"
        return kinds + "".join(f"{name} {value}\n" for name, value in sorted(self.counters.items()))


@contextmanager
def listening(gateway: Gateway) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = gateway.text().encode()
            gateway.meanwhile(gateway.scrapes)
            found = self.path == "/metrics" and gateway.scrapes not in gateway.silent
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("1", "2"):
        (tmp_path / "digits" / version).mkdir(parents=True)
    assert administration.main(["promote", "digits", "1", "--models-dir", str(tmp_path)]) == 0
    return tmp_path


def soak(models: Path, gateway: Gateway, *more: str) -> tuple[int, set[int]]:
    """The exit status, and what the server serves then."""
    server = Server(models / "models.config")
    with listening(gateway) as url, running.announced(models, Running(server.address, url)):
        status = administration.main(
            ["promote", "digits", "2", "--soak", "1s", "--models-dir", str(models), *more]
        )
    server.stop()
    return status, server.serving


def test_a_canary_that_does_as_well_is_promoted(models: Path) -> None:
    gateway = Gateway()
    for version in (1, 2):
        gateway.answer(version, "a", "ok", 290, 0.98)
        gateway.answer(version, "b", "uncertain", 10, 0.5)
    assert soak(models, gateway) == (0, {2})


def test_a_canary_in_doubt_is_ended(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway()
    gateway.answer(1, "a", "ok", 300, 0.98)
    gateway.answer(2, "a", "ok", 200, 0.98)
    gateway.answer(2, "a", "out_of_distribution", 100, 0.98)
    assert soak(models, gateway) == (3, {1})
    assert "in doubt about 33.3% of the pictures, version 1 about 0.0%" in capsys.readouterr().err


def test_a_canary_that_is_less_sure_is_ended(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway()
    gateway.answer(1, "a", "ok", 300, 0.98)
    gateway.answer(2, "a", "ok", 300, 0.90)
    assert soak(models, gateway) == (3, {1})
    assert "its mean probability is 0.900, that of version 1 0.980" in capsys.readouterr().err


def test_a_canary_whose_labels_drift_is_ended(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway()
    for label, old, new in (("a", 150, 250), ("b", 150, 50)):
        gateway.answer(1, label, "ok", old, 0.98)
        gateway.answer(2, label, "ok", new, 0.98)
    assert soak(models, gateway) == (3, {1})
    assert "distributed differently from version 1's, by 33%" in capsys.readouterr().err


def test_requests_that_fail_end_a_canary(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway()
    for version in (1, 2):
        gateway.answer(version, "a", "ok", 300, 0.98)
    gateway.requests(200, 600)
    gateway.requests(502, 20)
    assert soak(models, gateway) == (3, {1})
    assert "20 of 620 requests failed" in capsys.readouterr().err


def test_a_canary_that_nobody_asks_is_ended(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert soak(models, Gateway()) == (3, {1})
    assert "it answered 0 pictures, fewer than the 200 required" in capsys.readouterr().err


def test_what_was_counted_before_the_canary_does_not_count(models: Path) -> None:
    gateway = Gateway()
    gateway.answer(2, "b", "uncertain", 1000, 0.1)
    gateway.counters, gateway.coming = gateway.coming, {}
    for version in (1, 2):
        gateway.answer(version, "a", "ok", 300, 0.98)
    assert soak(models, gateway) == (0, {2})


def test_a_gateway_that_restarts_meanwhile_is_asked_again(models: Path) -> None:
    gateway = Gateway(silent={2, 3})
    for version in (1, 2):
        gateway.answer(version, "a", "ok", 300, 0.98)
    assert soak(models, gateway) == (0, {2})


def test_a_canary_that_can_no_longer_be_watched_is_ended(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(models, Gateway(silent=set(range(2, 100)))) == (3, {1})
    assert "it can no longer be watched" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_canary(models: Path, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(scrape: int) -> None:
        if scrape == 2:
            os.kill(os.getpid(), number)

    assert soak(models, Gateway(meanwhile=interrupt)) == (130, {1})
    assert "interrupted: the canary is ended" in capsys.readouterr().err


def test_output_that_cannot_be_written_ends_no_soak(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway()
    for version in (1, 2):
        gateway.answer(version, "a", "ok", 300, 0.98)
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "stderr", full)
        assert soak(models, gateway) == (0, {2})


def test_without_a_running_service_there_is_nothing_to_watch(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert administration.main(["promote", "digits", "2", "--soak", "1s", "--models-dir", str(models)]) == 1
    assert "--soak needs a running service and found none" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0s", "ten", "-5m", "3d"])
def test_a_soak_takes_a_time(models: Path, text: str) -> None:
    with pytest.raises(SystemExit) as ended:
        administration.main(["promote", "digits", "2", f"--soak={text}", "--models-dir", str(models)])
    assert ended.value.code == 2


def test_where_only_the_canary_is_asked_the_bounds_are_those_of_the_alerts() -> None:
    gateway = Gateway()
    gateway.answer(2, "a", "ok", 200, 0.85)
    gateway.answer(2, "a", "uncertain", 100, 0.85)
    gateway.text()
    with listening(gateway) as url:
        rises = signals.since({}, signals.scrape([url]))
    found = comparison.complaints(rises, "digits", 2, StableVersion(1, 0.97), 200)
    assert found == [
        "it is in doubt about 33.3% of the pictures",
        "its mean probability is 0.850, on held-out data 0.970",
    ]


def test_a_counter_that_began_again_counts_from_nothing() -> None:
    key = ("gateway_predictions_total", frozenset[tuple[str, str]]())
    assert signals.since({key: 100.0}, {key: 30.0}) == {key: 30.0}
    assert signals.since({key: 100.0}, {key: 130.0}) == {key: 30.0}
