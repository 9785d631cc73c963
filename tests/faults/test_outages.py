"""A model server that goes away, hangs and comes back: recovery, and what is held on to afterwards."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from serving.gateway.model_client.grpc_predictor import PREDICT
from tests.faults import faults
from tests.faults.calls import Caller, caller, load, wrong
from tests.faults.gateway import Held, gateway_before, held, workers
from tests.faults.recovery import LIMIT, recovery, served, wait_for_port
from tests.faults.stand_in import DESCRIBE, StandIn
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("outages")

ROUNDS = 20
# Far above what recovery may take: a caller that waits for it to pass is seen.
DEADLINE = 20.0


@pytest.fixture(scope="module")
def gateway(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environ = {"GATEWAY_DEADLINE_SECONDS": str(DEADLINE)}
    with gateway_before(stand_in, tmp_path_factory.mktemp("gateway"), environ) as stack:
        yield stack


@pytest.fixture
def client(stand_in: StandIn, gateway: Stack) -> Iterator[Caller]:
    stand_in.heal()
    with caller(gateway.gateway_port) as opened:
        yield opened


def test_calls_that_the_server_swallowed_hold_nobody_up_once_it_answers_again(
    stand_in: StandIn, gateway: Stack
) -> None:
    recovery(gateway)
    _swallow(stand_in, gateway, PREDICT)


def test_a_description_that_the_server_swallowed_holds_nobody_up(stand_in: StandIn, gateway: Stack) -> None:
    stand_in.version += 2
    _swallow(stand_in, gateway, DESCRIBE)


def _swallow(stand_in: StandIn, gateway: Stack, what: str) -> None:
    ended = threading.Event()
    stand_in.faults[what] = faults.silence(ended)
    with load(gateway.gateway_port, callers=8) as swallowed:
        try:
            time.sleep(1.0)
            stand_in.heal()
            assert recovery(gateway) < LIMIT
        finally:
            ended.set()
    assert swallowed.failed() == []


def test_after_twenty_outages_no_thread_descriptor_or_memory_is_lost(
    stand_in: StandIn, gateway: Stack
) -> None:
    _outages(stand_in, gateway, 4)
    before = {pid: held(pid) for pid in workers(gateway)}
    _outages(stand_in, gateway, ROUNDS)
    assert set(workers(gateway)) == set(before), "a worker has ended"
    for pid, was in before.items():
        eventually(partial(_keeps_to, pid, was), f"no more than {was} is held")


def _keeps_to(pid: int, was: Held) -> bool:
    return was.allows(held(pid))


def _outages(stand_in: StandIn, gateway: Stack, rounds: int) -> None:
    with load(gateway.gateway_port, callers=8, pause=0.01):
        for _ in range(rounds):
            stand_in.stop()
            time.sleep(0.2)
            stand_in.start()
            assert recovery(gateway) < LIMIT


@pytest.mark.parametrize("speaks", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=["garbage", "nothing"])
def test_a_port_that_speaks_no_grpc_is_an_error_and_passes(
    stand_in: StandIn, gateway: Stack, client: Caller, speaks: bytes
) -> None:
    stand_in.stop()
    with _other_server(stand_in.port, speaks):
        for number in range(3):
            answer = client.classify(number)
            assert answer.status in (502, 503, 504), answer.body
            assert answer.problem == ""
    stand_in.start()
    assert recovery(gateway) < LIMIT


class _other_server:  # noqa: N801 - a context
    """Something else that listens on a port, and closes all at the end."""

    def __init__(self, port: int, speaks: bytes) -> None:
        self._speaks, self._open = speaks, [socket.create_server(("127.0.0.1", port))]

    def __enter__(self) -> None:
        threading.Thread(target=self._serve, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._open[0].shutdown(socket.SHUT_RDWR)
        for each in self._open:
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._open[0].accept()
                self._open.append(client)
                client.sendall(self._speaks)
            except OSError:
                return


def test_a_model_server_killed_stopped_and_restarted_is_found_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with served(tmp_path) as stack, load(stack.gateway_port, callers=2, pause=0.01) as running:
        assert stack.model_server
        os.kill(stack.model_server.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(stack.model_server.pid, signal.SIGCONT)
        record_property("seconds after SIGCONT", recovery(stack))
        os.killpg(stack.model_server.pid, signal.SIGKILL)
        stack.model_server.stop(grace=1)
        time.sleep(0.3)
        stack.start_model_server()
        wait_for_port(stack.grpc_port)
        seconds = recovery(stack)
        record_property("seconds after a restart", seconds)
        assert seconds < LIMIT
        running.stop.set()
    statuses = {answer.status for _, answer in running.answers}
    assert statuses <= {200, 503, 504}
    assert [answer.problem for _, answer in running.answers if answer.problem] == []
    wrong_ones = [wrong(answer, n) for n, answer in running.answers if answer.status == 200]
    assert set(wrong_ones) == {""}
    assert max(answer.seconds for _, answer in running.answers) < 5 + LIMIT


def test_a_worker_killed_under_load_fails_only_what_it_had_in_hand(tmp_path: Path) -> None:
    server = StandIn()
    server.start()
    with gateway_before(server, tmp_path) as stack, load(stack.gateway_port, callers=8) as running:
        for _ in range(3):
            recovery(stack)
            victim = workers(stack)[0]
            os.kill(victim, signal.SIGKILL)
            _wait_for_another(stack, victim)
        recovery(stack)
        running.stop.set()
    server.stop()
    broken = [answer for _, answer in running.answers if answer.status != 200]
    assert all(answer.status == 0 for answer in broken), broken
    # Each caller has one request in flight, so three deaths can fail one of each at the most.
    assert len(broken) <= 3 * 8
    assert len(running.answers) > 100


def _wait_for_another(stack: Stack, victim: int) -> None:
    end = time.monotonic() + 30
    while victim in workers(stack) or len(workers(stack)) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
