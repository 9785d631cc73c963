"""Connections that idle, stall or read slowly: they cost no thread and end in time."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.worker_server import (
    Server,
    get,
    one_answer,
    post,
    read_answer,
    read_answer_and_end,
    read_to_end,
    serving,
)

OTHERS = 40
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def others_are_served(server: Server) -> None:
    """Many more requests than threads, on old and on new connections."""
    with server.connect() as steady:
        for number in range(OTHERS):
            body = str(number).encode()
            steady.sendall(post("/echo", body))
            assert read_answer(steady) == (200, body)
            assert server.ask("/") == (200, b"hello")


@contextmanager
def crowd(server: Server, count: int, first: bytes, **options: int) -> Iterator[list[socket.socket]]:
    """Many connections that have all sent the same."""
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect(**options)) for _ in range(count)]
        for client in clients:
            client.sendall(first)
        yield clients


def test_others_are_served_beside_1000_idle_connections(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"head_seconds": 60, "connections": 2000}) as server,
        crowd(server, 1000, b"") as idle,
    ):
        others_are_served(server)
        for client in idle[::100]:
            client.sendall(get("/"))
            assert read_answer(client) == (200, b"hello")
        others_are_served(server)


def test_connections_that_come_at_once_are_shared_evenly(tmp_path: Path) -> None:
    with serving(tmp_path, {}, workers=2) as server:
        deadline = time.monotonic() + 30
        while len({server.ask("/pid") for _ in range(20)}) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        with crowd(server, 32, get("/pid")) as clients:
            workers = [read_answer(client)[1] for client in clients]
    counts = sorted(workers.count(pid) for pid in set(workers))
    assert len(counts) == 2
    assert counts[1] - counts[0] <= 4


@pytest.mark.parametrize(
    ("half", "rest"),
    [
        (b"GET / HTTP/1.1\r\nHo", b"st: x\r\n\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", b"67890"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345",
            b"67890\r\n0\r\n\r\n",
        ),
    ],
    ids=["head", "body", "chunk"],
)
def test_others_are_served_beside_200_half_sent_requests(tmp_path: Path, half: bytes, rest: bytes) -> None:
    with (
        serving(tmp_path, {"head_seconds": 60, "request_seconds": 60}) as server,
        crowd(server, 200, half) as stalled,
    ):
        others_are_served(server)
        for client in stalled:
            client.sendall(rest)
        assert [read_answer(client) for client in stalled] == [(200, b"hello")] * 200


@pytest.mark.parametrize(
    ("half", "detail"),
    [
        (b"GET / HTTP/1.1\r\nHo", "headers"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", "upload"),
    ],
    ids=["head", "body"],
)
def test_a_request_that_does_not_arrive_in_time_is_answered_with_408(
    tmp_path: Path, half: bytes, detail: str
) -> None:
    with (
        serving(tmp_path, {"head_seconds": 0.5, "request_seconds": 1.0}) as server,
        crowd(server, 20, half) as stalled,
    ):
        for client in stalled:
            status, body, _ = one_answer(read_to_end(client))
            assert status == 408
            assert detail in json.loads(body)["detail"]


def test_dripping_bytes_does_not_extend_the_time(tmp_path: Path) -> None:
    with serving(tmp_path, {"head_seconds": 1.0}) as server, server.connect() as client:
        client.settimeout(0.05)
        sent, received = 0, b""
        while not received:
            client.sendall(b"GET / HTTP/1.1\r\nName: "[sent : sent + 1] or b"x")
            sent += 1
            try:
                received = client.recv(1000)
            except TimeoutError:
                assert sent < 1000, "never cut off"
        assert received.startswith(b"HTTP/1.1 408")


def test_connections_that_say_nothing_are_closed_without_a_word(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"head_seconds": 0.5, "idle_seconds": 1}) as server,
        server.connect() as fresh,
        server.connect() as used,
    ):
        used.sendall(get("/"))
        assert read_answer(used) == (200, b"hello")
        assert read_to_end(fresh) == b""
        assert read_to_end(used) == b""


def test_others_are_served_beside_slow_readers_and_a_patient_one_gets_it_all(
    tmp_path: Path,
) -> None:
    with (
        serving(tmp_path, {"unsent_bytes": 10**9}) as server,
        crowd(server, 30, get("/big", "Connection: close"), receive_buffer=4096) as slow,
    ):
        others_are_served(server)
        status, body, _ = one_answer(read_to_end(slow[0]))
        assert (status, len(body)) == (200, 10_000_000)


def test_a_reader_that_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    limits = {"response_seconds": -999.5}  # with 1,000 s of patience for ten million bytes: half a second
    with serving(tmp_path, limits) as server, server.connect(receive_buffer=4096) as client:
        client.sendall(get("/big"))
        client.recv(1)
        time.sleep(3)
        taken = 0
        with suppress(ConnectionError):
            taken = len(read_to_end(client))
        assert taken < 10_000_000


def test_readers_that_leave_too_much_untaken_are_cut_off(tmp_path: Path) -> None:
    with serving(tmp_path, {"unsent_bytes": 15_000_000}) as server:
        with crowd(server, 10, get("/big", "Connection: close"), receive_buffer=4096) as slow:
            others_are_served(server)
            sizes = []
            for client in slow:
                try:
                    sizes.append(len(one_answer(read_to_end(client))[1]))
                except ConnectionError:
                    sizes.append(0)
        assert sizes.count(10_000_000) >= 1
        assert min(sizes) < 10_000_000


def test_when_every_place_is_taken_the_longest_idle_make_room(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"head_seconds": 60, "connections": 100}) as server,
        crowd(server, 150, b"") as idle,
    ):
        others_are_served(server)
        idle[-1].sendall(get("/"))
        assert read_answer(idle[-1]) == (200, b"hello")


def test_many_new_connections_are_let_in_within_a_few_turns_of_a_busy_loop(tmp_path: Path) -> None:
    with serving(tmp_path, {}) as server, ExitStack() as stack:
        turns, enough = 0, threading.Event()
        busy = stack.enter_context(server.connect())

        def keep_busy() -> None:
            nonlocal turns
            while not enough.is_set():
                busy.sendall(get("/hold?0.05"))
                read_answer(busy)
                turns += 1

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(keep_busy)
            try:
                new = [stack.enter_context(server.connect()) for _ in range(64)]
                for client in new:
                    client.sendall(get("/"))
                assert [read_answer(client)[0] for client in new] == [200] * 64
            finally:
                enough.set()
            assert turns < 30
            done.result()


def test_a_worker_that_came_later_gets_its_share_of_connections_that_are_kept_open(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as server:
        absent, present = two_workers(server)
        os.kill(absent, signal.SIGSTOP)
        clients = [KeptOpen(server) for _ in range(12)]
        assert {client.pid() for client in clients} == {present}
        os.kill(absent, signal.SIGCONT)
        end = time.monotonic() + 20
        while (counts := Counter(client.pid() for client in clients))[present] > 8:
            assert time.monotonic() < end, f"it never had its share, at last {counts}"
            time.sleep(0.02)
        assert counts[absent] + counts[present] == len(clients)
        for client in clients:
            client.close()


def two_workers(server: Server) -> list[int]:
    """The process numbers of both workers."""
    pids: set[int] = set()
    while len(pids) < 2:
        pids.add(int(server.ask("/pid")[1]))
    return sorted(pids)


class KeptOpen:
    """A client that keeps its connection open for as long as the server does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = server.connect()

    def pid(self) -> int:
        """The process that answers."""
        self._connection.sendall(get("/pid"))
        _, pid, last = read_answer_and_end(self._connection)
        if last:
            self.close()
            self._connection = self._server.connect()
        return int(pid)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
