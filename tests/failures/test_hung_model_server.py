"""A model server that is stopped: nobody waits beyond a deadline, and the gateway itself is well."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.connections import get, read_answer
from tests.failures.callers import picture
from tests.faults import known_model
from tests.faults.recovery import served
from tests.hostile.gateway import Gateway, running
from tests.hostile.pictures import drawing, encoded
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

CALLERS = 160
TIMEOUT = 2.0
"""Seconds that callers allow."""
MOST_BEYOND = 1.0
"""Seconds after its deadline by which a caller is answered."""
PROBE_SECONDS = 1.0


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does not run while the block does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _probe_until_answered(gateway: Gateway, clients: Sequence[socket.socket]) -> float:
    """Ask the probes until all clients have an answer to read; the longest wait for a probe, in seconds."""
    longest = 0.0
    while len(select.select(clients, [], [], 0.05)[0]) < len(clients):
        for path in ("/healthz", "/metrics"):
            began = monotonic()
            assert gateway.say(get(path)).status == 200
            longest = max(longest, monotonic() - began)
    return longest


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_the_model_server_stopped_callers_wait_no_longer_than_they_asked_for(
    tmp_path: Path, workers: str
) -> None:
    body = encoded(drawing("RGB", 120, 120), "BMP")
    assert len(body) > 4_096
    sent = picture(body, f"X-Request-Timeout: {TIMEOUT}")
    settings = {"GATEWAY_MODELS": known_model.NAME, "GATEWAY_WORKERS": workers}
    with (
        served(tmp_path / "stack") as stack,
        running(
            tmp_path / "gateway", stack.grpc_address, **settings, GATEWAY_READINESS_SECONDS="1"
        ) as gateway,
    ):
        assert gateway.say(picture(body)).status == 200
        assert stack.model_server
        with stopped(stack.model_server.pid):
            began = monotonic()
            with gateway.crowd([sent] * CALLERS) as clients:
                longest = _probe_until_answered(gateway, clients)
                waited = monotonic() - began
                answers = [read_answer(client) for client in clients]
            eventually(lambda: gateway.say(get("/readyz")).status == 503, "it is not ready")
            assert gateway.say(get("/readyz")).problem()["code"] == "model_unavailable"
        assert gateway.say(picture(body)).status == 200
    # 503: a worker that lost its connection finds nobody to answer a new one.
    assert {answer.status for answer in answers} <= {503, 504}
    assert {answer.problem()["code"] for answer in answers} <= {"deadline_exceeded", "model_unavailable"}
    assert waited < TIMEOUT + MOST_BEYOND
    assert 0 < longest < PROBE_SECONDS
