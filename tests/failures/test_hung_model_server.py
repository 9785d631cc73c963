"""A model server that is stopped: nobody waits beyond a deadline, and the gateway itself is well."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.failures.callers import Answer, ask, ask_at_once, picture, request
from tests.faults import known_model
from tests.faults.recovery import served
from tests.hostile.gateway import Gateway, running
from tests.hostile.pictures import drawing, encoded

pytestmark = pytest.mark.xdist_group("failures")

CALLERS = 160
TIMEOUT = 2.0
MOST_BEYOND = 1.0
PROBE_SECONDS = 1.0
READINESS_SECONDS = 1.0


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does not run while the block does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _probe(port: int, path: str, done: asyncio.Event) -> list[Answer]:
    answers = []
    while not done.is_set():
        answers.append(await ask(port, request("GET", path)))
        await asyncio.sleep(0.05)
    return answers


async def _ask_beside_probes(gateway: Gateway, body: bytes) -> tuple[list[Answer], dict[str, list[Answer]]]:
    done, paths = asyncio.Event(), ("/healthz", "/metrics", "/readyz")
    probes = [asyncio.ensure_future(_probe(gateway.port, path, done)) for path in paths]
    sent = picture(body, known_model.NAME, X_Request_Timeout=str(TIMEOUT))
    answers = await ask_at_once(gateway.port, [sent] * CALLERS)
    done.set()
    return answers, dict(zip(paths, await asyncio.gather(*probes), strict=True))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_the_model_server_stopped_callers_wait_no_longer_than_they_asked_for(
    tmp_path: Path, workers: str
) -> None:
    body = encoded(drawing("RGB", 120, 120), "BMP")
    assert len(body) > 4_096
    with (
        served(tmp_path / "stack") as stack,
        running(
            tmp_path / "gateway",
            stack.grpc_address,
            GATEWAY_MODELS=known_model.NAME,
            GATEWAY_WORKERS=workers,
            GATEWAY_READINESS_SECONDS=str(READINESS_SECONDS),
        ) as gateway,
    ):
        assert asyncio.run(ask(gateway.port, picture(body, known_model.NAME))).status == 200
        assert stack.model_server
        with stopped(stack.model_server.pid):
            answers, probes = asyncio.run(_ask_beside_probes(gateway, body))
        assert asyncio.run(ask(gateway.port, picture(body, known_model.NAME))).status == 200
    # 503: a worker that lost its connection finds nobody to answer a new one.
    assert {answer.status for answer in answers} <= {503, 504}
    assert {answer.problem()["code"] for answer in answers} <= {"deadline_exceeded", "model_unavailable"}
    assert max(answer.seconds for answer in answers) < TIMEOUT + MOST_BEYOND
    for path, limit in (("/healthz", 0.0), ("/metrics", 0.0), ("/readyz", READINESS_SECONDS)):
        assert max(answer.seconds for answer in probes[path]) < limit + PROBE_SECONDS, path
    assert {answer.status for path in ("/healthz", "/metrics") for answer in probes[path]} == {200}
    assert probes["/readyz"][-1].problem()["code"] == "model_unavailable"
