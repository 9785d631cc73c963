"""How workers end: told to stop under load, killed under load, or having served their number of requests."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.integration.worker_server import (
    Server,
    get,
    post,
    read_answer,
    read_answer_and_end,
    read_to_end,
    serving,
)


class Caller(threading.Thread):
    """Sends one request after the other until the port is closed.

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
        self._reuse = reuse
        self.stop = threading.Event()
        self.answered = 0
        self.failures: list[str] = []
        self.refused = False
        self._reset: list[str] = []
        self.start()

    def run(self) -> None:
        """Keep calling."""
        while not self.stop.is_set() and not self.refused:
            try:
                client = self._server.connect()
            except ConnectionError:
                self.refused = True
            else:
                self.failures += self._reset
                self._reset = []
                with client:
                    self._use(client)

    def _use(self, client: socket.socket) -> None:
        try:
            goes_on = self._call(client)
            while goes_on and not self.stop.is_set():
                goes_on = self._call(client)
        except ConnectionResetError as error:
            self._reset.append(repr(error))
        except (OSError, AssertionError) as error:
            self.failures.append(repr(error))

    def _call(self, client: socket.socket) -> bool:
        """Send one request; whether the connection takes another."""
        body = str(self.answered).encode()
        client.sendall(post("/echo", body, "Connection: keep-alive" if self._reuse else "Connection: close"))
        status, answer, last = read_answer_and_end(client)
        assert (status, answer) == (200, body)
        self.answered += 1
        return not last


def test_told_to_stop_under_load_it_answers_every_request(tmp_path: Path) -> None:
    with serving(
        tmp_path, {"drain_seconds": 1.0, "grace_seconds": 20.0}, workers=2, graceful_timeout=20
    ) as server:
        callers = [Caller(server, reuse=False) for _ in range(8)]
        with server.connect() as slow, server.connect() as half:
            slow.sendall(get("/slow?2"))
            half.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
            time.sleep(1)
            server.terminate()
            time.sleep(1.5)
            half.sendall(b"lf")
            assert read_answer(half) == (200, b"half")
            assert read_answer(slow) == (200, b"hello")
        for caller in callers:
            caller.join(30)
        server.process.wait(20)
    assert all(caller.refused for caller in callers)
    assert [caller.failures for caller in callers] == [[]] * 8
    assert sum(caller.answered for caller in callers) > 100


def test_told_to_stop_readiness_fails_first_while_requests_are_still_taken(tmp_path: Path) -> None:
    with serving(tmp_path, {"drain_seconds": 2.0}) as server:
        assert server.ask("/readyz")[0] == 200
        server.terminate()
        while server.ask("/readyz")[0] == 200:
            time.sleep(0.02)
        with server.connect() as client:
            client.sendall(post("/echo", b"late"))
            answer = read_to_end(client)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer.lower()
        assert server.process.wait(20) == 0


def test_it_ends_in_time_even_when_a_request_does_not(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"drain_seconds": 0.0, "grace_seconds": 2.0}) as server,
        server.connect() as client,
    ):
        client.sendall(get("/slow?60"))
        time.sleep(0.5)
        server.terminate()
        assert server.process.wait(20) == 0
    assert "cut off" in server.log


def test_a_worker_killed_under_load_fails_only_its_own_requests(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as server:
        pids: set[int] = set()
        while len(pids) < 2:
            pids.add(int(server.ask("/pid")[1]))
        callers = [Caller(server, reuse=True) for _ in range(8)]
        time.sleep(1)
        os.kill(pids.pop(), signal.SIGKILL)
        time.sleep(2)
        for caller in callers:
            caller.stop.set()
        for caller in callers:
            caller.join(30)
        assert all(len(caller.failures) <= 1 for caller in callers)
        assert not any(caller.refused for caller in callers)
        assert server.ask("/")[0] == 200


def test_a_worker_that_served_its_number_of_requests_is_replaced_and_none_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2, max_requests=200) as server:
        callers = [Caller(server, reuse=False) for _ in range(4)]
        server.wait_for_log("request limit")
        time.sleep(2)
        for caller in callers:
            caller.stop.set()
        for caller in callers:
            caller.join(30)
        assert [caller.failures for caller in callers] == [[]] * 4


def test_while_a_worker_drains_the_others_keep_their_connections(tmp_path: Path) -> None:
    limits = {"drain_seconds": 0.0, "grace_seconds": 20.0}
    with serving(tmp_path, limits, workers=2) as server, ExitStack() as stack:
        slow = stack.enter_context(server.connect())
        slow.sendall(get("/pid"))
        draining = int(read_answer(slow)[1])
        slow.sendall(get("/slow?4"))
        server.wait_for_log("slow: begun")
        os.kill(draining, signal.SIGTERM)
        time.sleep(1)
        clients = [stack.enter_context(server.connect()) for _ in range(20)]
        for client in clients:
            client.sendall(get("/pid"))
            status, pid, last = read_answer_and_end(client)
            assert (status, int(pid) != draining, last) == (200, True, False)
        assert read_answer(slow) == (200, b"hello")
