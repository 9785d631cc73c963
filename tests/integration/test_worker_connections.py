"""Connections that idle, stall or read slowly: they cost no thread and end in time."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.connections import ask, first_answer, get, post, read_all, read_answer
from tests.integration.worker_server import Server, serving
from tests.waiting import eventually

OTHERS = 40
BIG = get("/big", "Connection: close")
OK = (200, b"hello")
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHo"
HALF_A_BODY = post("/", b"1234567890")[:-5]
HALF_A_CHUNK = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345"


def others_are_served(server: Server) -> None:
    """Many more requests than threads, on old and on new connections."""
    with server.connect() as steady:
        for number in range(OTHERS):
            body = str(number).encode()
            assert ask(steady, post("/echo", body)).brief == (200, body)
            assert server.get("/") == OK


def test_connections_that_come_at_once_are_shared_evenly(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as server:
        server.all_workers(2)
        counts = Counter(answer.body for answer in server.say_at_once([get("/pid")] * 32))
    assert len(counts) == 2
    assert max(counts.values()) - min(counts.values()) <= 4


@pytest.mark.parametrize(
    ("count", "half", "rest"),
    [
        (1000, b"", get("/")),
        (200, HALF_A_HEAD, b"st: x\r\n\r\n"),
        (200, HALF_A_BODY, b"67890"),
        (200, HALF_A_CHUNK, b"67890\r\n0\r\n\r\n"),
    ],
    ids=["idle", "half a head", "half a body", "half a chunk"],
)
def test_others_are_served_beside_a_crowd_that_stalls_and_then_the_crowd_is(
    tmp_path: Path, count: int, half: bytes, rest: bytes
) -> None:
    limits = {"head_seconds": 60, "request_seconds": 60, "connections": 2000}
    with serving(tmp_path, limits) as server, server.crowd([half] * count) as stalled:
        others_are_served(server)
        for client in stalled:
            client.sendall(rest)
        assert [read_answer(client).brief for client in stalled] == [OK] * count
        others_are_served(server)


@pytest.mark.parametrize(
    ("half", "detail"), [(HALF_A_HEAD, "headers"), (HALF_A_BODY, "upload")], ids=["head", "body"]
)
def test_a_request_that_does_not_arrive_in_time_is_answered_with_408(
    tmp_path: Path, half: bytes, detail: str
) -> None:
    with (
        serving(tmp_path, {"head_seconds": 0.5, "request_seconds": 1.0}) as server,
        server.crowd([half] * 20) as stalled,
    ):
        for client in stalled:
            answer = first_answer(read_all(client))
            assert answer.status == 408
            assert detail in answer.problem()["detail"]


def test_dripping_bytes_does_not_extend_the_time(tmp_path: Path) -> None:
    with serving(tmp_path, {"head_seconds": 1.0}) as server, server.connect() as client:
        client.settimeout(0.05)
        sent, received = 0, b""
        while not received:
            client.sendall(b"GET / HTTP/1.1\r\nName: "[sent : sent + 1] or b"x")
            sent += 1
            with suppress(TimeoutError):
                received = client.recv(1000)
            assert sent < 1000, "never cut off"
        assert received.startswith(b"HTTP/1.1 408")


def test_connections_that_say_nothing_are_closed_without_a_word(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"head_seconds": 0.5, "idle_seconds": 1}) as server,
        server.connect() as fresh,
        server.connect() as used,
    ):
        assert ask(used, get("/")).brief == OK
        assert read_all(fresh) == read_all(used) == b""


def test_a_reader_that_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    limits = {"response_seconds": -999.5}  # with 1,000 s of patience for ten million bytes: half a second
    with serving(tmp_path, limits) as server, server.connect() as before:
        assert ask(before, get("/")).brief == OK
        held = server.descriptors()
        with server.connect(receive_buffer=4096) as client:
            client.sendall(get("/big"))
            client.recv(1)
            eventually(lambda: server.descriptors() <= held, "it is cut off")
            assert len(read_all(client, or_reset=True)) < 10_000_000
        assert ask(before, get("/")).brief == OK


@pytest.mark.parametrize(
    ("unsent_bytes", "are_cut_off"),
    [(10**9, False), (15_000_000, True)],
    ids=["there is room for their answers", "they leave too much untaken"],
)
def test_others_are_served_beside_slow_readers_who_get_all_while_there_is_room(
    tmp_path: Path, unsent_bytes: int, are_cut_off: bool
) -> None:
    with (
        serving(tmp_path, {"unsent_bytes": unsent_bytes}) as server,
        server.crowd([BIG] * 30, receive_buffer=4096) as slow,
    ):
        others_are_served(server)
        sizes = [len(read_all(client, or_reset=True).partition(b"\r\n\r\n")[2]) for client in slow]
        assert max(sizes) == 10_000_000
        assert (min(sizes) < 10_000_000) is are_cut_off


def test_when_every_place_is_taken_the_longest_idle_make_room(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"head_seconds": 60, "connections": 100}) as server,
        server.crowd([b""] * 150) as idle,
    ):
        others_are_served(server)
        assert ask(idle[-1], get("/")).brief == OK


def test_many_new_connections_are_let_in_within_a_few_turns_of_a_busy_loop(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect() as busy, ThreadPoolExecutor(1) as pool:
        turns, enough = 0, threading.Event()

        def keep_busy() -> None:
            nonlocal turns
            while not enough.is_set():
                ask(busy, get("/hold?0.05"))
                turns += 1

        done = pool.submit(keep_busy)
        try:
            answers = server.say_at_once([get("/")] * 64)
        finally:
            enough.set()
        done.result()
        assert {answer.status for answer in answers} == {200}
        assert turns < 30


def test_a_worker_that_came_later_gets_its_share_of_connections_that_are_kept_open(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as server, ExitStack() as stack:
        absent, present = server.all_workers(2)
        os.kill(absent, signal.SIGSTOP)
        clients = [stack.enter_context(KeptOpen(server)) for _ in range(12)]
        assert {client.pid() for client in clients} == {present}
        os.kill(absent, signal.SIGCONT)

        def shared() -> bool:
            counts = Counter(client.pid() for client in clients)
            assert {*counts} <= {absent, present}
            return counts[present] <= 8

        eventually(shared, "it has its share")


class KeptOpen(ExitStack):
    """A client that keeps its connection open for as long as the server does."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._connection = self.enter_context(server.connect())

    def pid(self) -> int:
        """The process that answers."""
        answer = ask(self._connection, get("/pid"))
        if answer.is_last:
            self.close()
            self._connection = self.enter_context(self._server.connect())
        return int(answer.body)
