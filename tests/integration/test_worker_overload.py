"""More requests than a worker has places for: they wait a moment, then get 429 on a usable connection."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.worker_server import (
    Server,
    answers,
    get,
    post,
    read_answer,
    read_answer_and_end,
    read_to_end,
    serving,
)

BODY = b"12345678"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n"
LONG_WAIT = {"queued": 1, "wait_seconds": 30.0}


def refusals(server: Server) -> int:
    """How many the application was told of, to be counted and logged."""
    return len(re.findall(r"^refused 429 ", server.log, re.MULTILINE))


@contextmanager
def busy(folder: Path, seconds: float, limits: dict[str, Any]) -> Iterator[Server]:
    """A server whose one place is taken for so long."""
    with serving(folder, limits) as server, server.connect() as slow:
        slow.sendall(get(f"/slow?{seconds}"))
        server.wait_for_log("slow: begun")
        yield server


def test_a_refusal_is_a_problem_that_says_when_to_come_back_and_the_connection_stays_usable(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        for _ in range(3):
            client.sendall(get("/healthz"))
            assert read_answer(client) == (200, b"hello")
            client.sendall(post("/echo", BODY))
            head = b""
            while b"}" not in head:
                head += client.recv(65_536)
            assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
            for field in (b"\r\nretry-after: 1\r\n", b"\r\ncontent-type: application/problem+json\r\n"):
                assert field in head
            assert b"\r\ndate: " in head
            assert b"\r\nconnection:" not in head
            assert json.loads(head.partition(b"\r\n\r\n")[2])["code"] == "overloaded"
        assert refusals(server) == 3


@pytest.mark.parametrize(
    ("request_bytes", "ends"),
    [
        (get("/"), False),
        (get("/any%20path?x=1"), False),
        (get("http://x/"), False),
        (post("/echo", BODY), False),
        (post("/echo", bytes(100_000)), False),
        (CHUNKED, False),
        (post("/echo", BODY, "Connection: close"), True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
    ],
    ids=["GET", "escaped path", "absolute target", "POST", "large", "chunked", "last", "HTTP/1.0"],
)
def test_requests_of_every_form_are_refused_and_counted_once(
    tmp_path: Path, request_bytes: bytes, ends: bool
) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        client.sendall(request_bytes)
        status, body, is_last = read_answer_and_end(client)
        assert (status, json.loads(body)["code"], is_last) == (429, "overloaded", ends)
        if not ends:
            client.sendall(get("/healthz"))
            assert read_answer(client) == (200, b"hello")
        assert refusals(server) == 1


def test_the_refusal_of_a_head_request_has_no_body(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        client.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/healthz", "Connection: close"))
        assert re.findall(rb"HTTP/1.1 \d+|\{|hello", read_to_end(client)) == [
            b"HTTP/1.1 429",
            b"HTTP/1.1 200",
            b"hello",
        ]


def test_pipelined_requests_are_refused_in_order_and_probes_among_them_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        pipelined = [get("/"), post("/echo", BODY), get("/healthz"), CHUNKED, get("/")]
        client.sendall(b"".join(pipelined) + get("/healthz", "Connection: close"))
        found = [status for status, _ in answers(read_to_end(client))]
        assert found == [429, 429, 200, 429, 429, 200]
        assert refusals(server) == 4


def test_a_refused_request_is_answered_once_its_whole_body_has_come(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        request = post("/echo", BODY)
        client.sendall(request[:-3])
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(60)
        client.sendall(request[-3:] + get("/healthz", "Connection: close"))
        assert [status for status, _ in answers(read_to_end(client))] == [429, 200]


def test_a_request_that_asks_before_its_body_is_refused_after_it(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server, server.connect() as client:
        client.sendall(post("/echo", b"", "Expect: 100-continue").replace(b"Length: 0", b"Length: 8"))
        first = client.recv(65_536)
        assert first.startswith(b"HTTP/1.1 100 Continue")
        client.sendall(BODY)
        assert read_answer(client)[0] == 429


def test_of_many_at_once_as_many_are_answered_as_there_are_places(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 5, "wait_seconds": 0.01}) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(20)]
        for client in clients:
            client.sendall(get("/slow?3"))
        statuses = [read_answer(client)[0] for client in clients]
        assert statuses.count(200) >= 5
        assert statuses.count(429) == refusals(server) == 20 - statuses.count(200) > 0


@pytest.mark.parametrize("parts", [1, 2, 40], ids=["at once", "head and body", "byte by byte"])
def test_a_request_that_waits_is_answered_when_a_place_is_free(tmp_path: Path, parts: int) -> None:
    request = post("/echo", BODY)
    size = -(-len(request) // parts)
    with busy(tmp_path, 0.5, LONG_WAIT) as server, server.connect() as client:
        for start in range(0, len(request), size):
            client.sendall(request[start : start + size])
        assert read_answer(client) == (200, BODY)
        assert refusals(server) == 0


def test_all_that_wait_are_answered_one_after_another(tmp_path: Path) -> None:
    with busy(tmp_path, 0.5, LONG_WAIT) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(20)]
        for client in clients:
            client.sendall(get("/pid"))
        assert {read_answer(client)[0] for client in clients} == {200}
        assert refusals(server) == 0


def test_probes_do_not_wait(tmp_path: Path) -> None:
    with busy(tmp_path, 30, LONG_WAIT) as server:
        assert server.ask("/healthz") == (200, b"hello")
        assert server.ask("/readyz?verbose") == (200, b"hello")


def test_whoever_comes_back_early_waits_for_a_place_instead_of_being_refused_again(tmp_path: Path) -> None:
    with busy(tmp_path, 0.6, {"queued": 1, "wait_seconds": 0.01}) as server, server.connect() as client:
        client.sendall(get("/"))
        assert read_answer(client)[0] == 429
        client.sendall(post("/echo", BODY))
        assert read_answer(client) == (200, BODY)
        assert refusals(server) == 1


def test_a_client_that_leaves_while_it_waits_takes_no_place(tmp_path: Path) -> None:
    with busy(tmp_path, 0.5, LONG_WAIT) as server:
        for _ in range(20):
            with server.connect() as gone:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                gone.sendall(get("/slow?30"))
        with server.connect() as client:
            client.sendall(get("/"))
            assert read_answer(client) == (200, b"hello")
        assert server.log.count("slow: begun") == 1


def test_a_client_that_sends_no_more_while_it_waits_is_told_as_one_that_does(tmp_path: Path) -> None:
    with busy(tmp_path, 30, LONG_WAIT) as server, server.connect() as client:
        client.sendall(get("/"))
        client.shutdown(socket.SHUT_WR)
        assert answers(read_to_end(client))[0][0] == 429


def test_a_malformed_request_that_waited_is_400(tmp_path: Path) -> None:
    with (
        serving(tmp_path, {"queued": 0, "wait_seconds": 0.01}) as server,
        server.connect() as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
        assert read_answer(client)[0] == 400


def test_half_a_request_that_waited_is_408_in_time(tmp_path: Path) -> None:
    limits = {"queued": 0, "wait_seconds": 1.0, "head_seconds": 0.3, "request_seconds": 0.6}
    with serving(tmp_path, limits) as server, server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHo")
        assert read_answer(client)[0] == 408


def test_requests_that_wait_are_answered_before_a_worker_ends(tmp_path: Path) -> None:
    with busy(tmp_path, 0.5, {**LONG_WAIT, "drain_seconds": 0.0}) as server, server.connect() as client:
        client.sendall(get("/"))
        while server.ask("/healthz") != (200, b"hello"):  # what was sent before has been read
            continue
        server.terminate()
        assert read_answer(client) == (200, b"hello")
        assert server.process.wait(20) == 0
