"""A model server that is stopped: nobody waits beyond a deadline, and the gateway itself is well."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.connections import get, read_answer
from tests.failures.callers import picture
from tests.faults import known_model
from tests.faults.recovery import served
from tests.hostile.gateway import running
from tests.hostile.pictures import drawing, encoded
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

CALLERS = 160
SHORT, LONG = 5, 50
"""Seconds that callers are ready to wait."""


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does not run while the block does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_the_model_server_stopped_callers_wait_no_longer_than_they_asked_for(
    tmp_path: Path, workers: str
) -> None:
    body = encoded(drawing("RGB", 120, 120), "BMP")
    assert len(body) > 4_096
    short, long = (picture(body, f"X-Request-Timeout: {seconds}") for seconds in (SHORT, LONG))
    settings = {"GATEWAY_MODELS": known_model.NAME, "GATEWAY_WORKERS": workers}
    with (
        served(tmp_path / "stack") as stack,
        running(
            tmp_path / "gateway", stack.grpc_address, **settings, GATEWAY_READINESS_SECONDS="1"
        ) as gateway,
    ):
        assert gateway.say(picture(body)).status == 200
        assert stack.model_server
        with (
            stopped(stack.model_server.pid),
            gateway.crowd([long] * 10) as patient,
            gateway.crowd([short] * CALLERS) as clients,
        ):
            assert {gateway.say(get(path)).status for path in ("/healthz", "/metrics")} == {200}
            assert len(select.select(clients, [], [], 0)[0]) < CALLERS, "probes wait for no caller"
            answers = [read_answer(client) for client in clients]
            assert not select.select(patient, [], [], 0)[0]
            eventually(lambda: gateway.say(get("/readyz")).status == 503, "it is not ready")
            assert gateway.say(get("/readyz")).problem()["code"] == "model_unavailable"
        assert gateway.say(picture(body)).status == 200
    # 503: a worker that lost its connection finds nobody to answer a new one.
    assert {answer.status for answer in answers} <= {503, 504}
    assert {answer.problem()["code"] for answer in answers} <= {"deadline_exceeded", "model_unavailable"}
