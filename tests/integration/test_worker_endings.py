"""How workers end: told to stop under load, killed under load, or having served their number of requests."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connections import ask, get, post, read_answer
from tests.integration.worker_server import Server, serving
from tests.waiting import eventually

MANY = 100
"""Requests, by which the load has become steady."""


class Caller(threading.Thread):
    """Sends one request after the other until it is stopped or the port is closed.

    Attributes:
        answered: how many were answered rightly.
        failures: what went wrong with others: a request sent and not answered. A connection that the system
            resets at the very moment the port closes was never accepted, and so counts as refused: only
            when the port is open at the next call was it a failure.
        refused: whether the port was closed in the end.
    """

    def __init__(self, server: Server, *, reuse: bool) -> None:
        super().__init__()
        self._server = server
        self._header = f"Connection: {'keep-alive' if reuse else 'close'}"
        self.stop = threading.Event()
        self.answered = 0
        self.failures: list[str] = []
        self.refused = False
        self.start()

    def run(self) -> None:
        """Keep calling."""
        failed: list[str] = []
        while not self.stop.is_set():
            try:
                client = self._server.connect()
            except ConnectionError:
                self.refused = True
                return
            self.failures += failed
            with client:
                failed = self._use(client)
        self.failures += failed

    def _use(self, client: socket.socket) -> list[str]:
        """Send requests while the connection takes them; the error with which it ended."""
        try:
            while self._call(client) and not self.stop.is_set():
                continue
        except ConnectionResetError as error:
            return [repr(error)]
        except (OSError, AssertionError) as error:
            self.failures.append(repr(error))
        return []

    def _call(self, client: socket.socket) -> bool:
        """Send one request; whether the connection takes another."""
        body = str(self.answered).encode()
        answer = ask(client, post("/echo", body, self._header))
        assert answer.brief == (200, body)
        self.answered += 1
        return not answer.is_last


@contextmanager
def load(server: Server, count: int, *, reuse: bool) -> Iterator[list[Caller]]:
    """So many callers, whose requests have been answered for a while; they stop at the end of the block."""
    callers = [Caller(server, reuse=reuse) for _ in range(count)]
    try:
        go_on(callers)
        yield callers
    finally:
        for caller in callers:
            caller.stop.set()
        for caller in callers:
            caller.join(30)


def go_on(callers: list[Caller]) -> None:
    """Wait until many more requests have been answered."""
    before = sum(caller.answered for caller in callers)
    eventually(lambda: sum(caller.answered for caller in callers) > before + MANY, "callers go on")


def test_told_to_stop_under_load_it_answers_every_request(tmp_path: Path) -> None:
    limits = {"drain_seconds": 1.0, "grace_seconds": 20.0}
    with (
        serving(tmp_path, limits, workers=2, graceful_timeout=20) as server,
        load(server, 8, reuse=False) as callers,
        server.connect() as slow,
        server.connect() as half,
    ):
        slow.sendall(get("/slow?2"))
        half.sendall(post("/echo", b"half")[:-2])
        go_on(callers)
        server.process.terminate()
        eventually(lambda: all(caller.refused for caller in callers), "the port is closed")
        assert ask(half, b"lf").brief == (200, b"half")
        assert read_answer(slow).brief == (200, b"hello")
        server.process.wait(20)
    assert [caller.failures for caller in callers] == [[]] * 8


def test_told_to_stop_readiness_fails_first_while_requests_are_still_taken(tmp_path: Path) -> None:
    with serving(tmp_path, {"drain_seconds": 2.0}) as server:
        assert server.get("/readyz")[0] == 200
        server.process.terminate()
        eventually(lambda: server.get("/readyz")[0] != 200, "readiness fails")
        answer = server.say(post("/echo", b"late"))
        assert (answer.status, answer.is_last) == (200, True)
        assert server.process.wait(20) == 0


def test_it_ends_in_time_even_when_a_request_does_not(tmp_path: Path) -> None:
    limits = {"drain_seconds": 0.0, "grace_seconds": 2.0}
    with serving(tmp_path, limits) as server, server.connect() as client:
        client.sendall(get("/wait"))
        server.wait_for("wait: begun")
        server.process.terminate()
        assert server.process.wait(20) == 0
    assert "cut off" in server.output


def test_a_worker_killed_under_load_fails_only_its_own_requests(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as server:
        killed, _ = server.all_workers(2)
        with load(server, 8, reuse=True) as callers:
            os.kill(killed, signal.SIGKILL)
            go_on(callers)
            assert killed not in server.all_workers(2)
        assert all(len(caller.failures) <= 1 for caller in callers)
        assert not any(caller.refused for caller in callers)
        assert server.get("/")[0] == 200


def test_a_worker_that_served_its_number_of_requests_is_replaced_and_none_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2, max_requests=200) as server:
        first = server.all_workers(2)
        with load(server, 4, reuse=False) as callers:
            server.wait_for("request limit")
            eventually(lambda: not {*first} & {*server.all_workers(2)}, "both are replaced")
        assert [caller.failures for caller in callers] == [[]] * 4


def test_while_a_worker_drains_the_others_keep_their_connections(tmp_path: Path) -> None:
    limits = {"drain_seconds": 0.0, "grace_seconds": 20.0}
    with serving(tmp_path, limits, workers=2) as server, server.connect() as slow:
        draining = int(ask(slow, get("/pid")).body)
        slow.sendall(get("/slow?4"))
        os.kill(draining, signal.SIGTERM)
        eventually(lambda: all(server.pid() != draining for _ in range(20)), "it accepts no more")
        with server.crowd([get("/pid")] * 20) as clients:
            for answer in map(read_answer, clients):
                assert (answer.status, int(answer.body) != draining, answer.is_last) == (200, True, False)
        assert read_answer(slow).brief == (200, b"hello")
