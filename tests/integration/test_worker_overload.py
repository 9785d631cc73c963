"""More requests than a worker has places for: they wait a moment, then get 429 on a usable connection."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.connections import answers, ask, get, post, read_all, read_answer, request, reset
from tests.integration.worker_server import Server, serving
from tests.waiting import eventually

BODY = b"12345678"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n"
PROBE, LAST_PROBE = get("/healthz"), get("/healthz", "Connection: close")
OK = (200, b"hello")
NO_WAIT = {"wait_seconds": 0.01}
LONG_WAIT = {"queued": 1, "wait_seconds": 30.0}


def refused(server: Server) -> int:
    """How many the application was told of, to be counted and logged."""
    return len(re.findall(r"^refused 429 ", server.output, re.MULTILINE))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a place for any request."""
    with serving(tmp_path_factory.mktemp("full"), {"queued": 0, **NO_WAIT}) as server:
        yield server


@pytest.fixture
def client(full: Server) -> Iterator[socket.socket]:
    with full.connect() as connection:
        yield connection


@pytest.fixture
def refusals(full: Server) -> Callable[[], int]:
    """How many the full server refused since the test began."""
    before = refused(full)
    return lambda: refused(full) - before


@contextmanager
def busy(folder: Path, limits: dict[str, Any]) -> Iterator[Server]:
    """A server whose one place is taken until ``free`` is called."""
    with serving(folder, limits) as server, server.connect() as first:
        first.sendall(get("/wait"))
        server.wait_for("wait: begun")
        yield server


def free(server: Server) -> None:
    """Give the place back, once the server has read what was sent before."""
    for query in ("", "?free"):
        assert server.get(f"/healthz{query}") == OK


def test_a_refusal_is_a_problem_that_says_when_to_come_back_and_the_connection_stays_usable(
    client: socket.socket, refusals: Callable[[], int]
) -> None:
    for _ in range(3):
        assert ask(client, PROBE).brief == OK
        answer = ask(client, post("/echo", BODY))
        assert answer.head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert answer.headers["retry-after"] == "1"
        assert {"date", "connection"} & {*answer.headers} == {"date"}
        assert answer.problem()["code"] == "overloaded"
    assert refusals() == 3


FORMS = {
    "a GET": (get("/"), False),
    "a GET of an escaped path": (get("/any%20path?x=1"), False),
    "a GET of an absolute target": (get("http://x/"), False),
    "a POST": (post("/echo", BODY), False),
    "a large POST": (post("/echo", bytes(100_000)), False),
    "a POST in chunks": (CHUNKED, False),
    "the last of a connection": (post("/echo", BODY, "Connection: close"), True),
    "one of HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", True),
}


@pytest.mark.parametrize(("sent", "is_last"), FORMS.values(), ids=FORMS)
def test_requests_of_every_form_are_refused_and_counted_once(
    client: socket.socket, refusals: Callable[[], int], sent: bytes, is_last: bool
) -> None:
    answer = ask(client, sent)
    assert (answer.status, answer.problem()["code"], answer.is_last) == (429, "overloaded", is_last)
    if not is_last:
        assert ask(client, PROBE).brief == OK
    assert refusals() == 1


def test_the_refusal_of_a_head_request_has_no_body(client: socket.socket) -> None:
    client.sendall(request("HEAD", "/") + LAST_PROBE)
    found = re.findall(rb"HTTP/1.1 \d+|\{|hello", read_all(client))
    assert found == [b"HTTP/1.1 429", b"HTTP/1.1 200", b"hello"]


def test_pipelined_requests_are_refused_in_order_and_probes_among_them_are_answered(
    client: socket.socket, refusals: Callable[[], int]
) -> None:
    client.sendall(get("/") + post("/echo", BODY) + PROBE + CHUNKED + get("/") + LAST_PROBE)
    assert [status for status, _ in answers(read_all(client))] == [429, 429, 200, 429, 429, 200]
    assert refusals() == 4


def test_a_refused_request_is_answered_once_its_whole_body_has_come(
    full: Server, client: socket.socket
) -> None:
    sent = post("/echo", BODY)
    client.sendall(sent[:-3])
    for _ in range(20):
        assert full.get("/healthz") == OK
    assert not select.select([client], [], [], 0)[0]
    client.sendall(sent[-3:] + LAST_PROBE)
    assert [status for status, _ in answers(read_all(client))] == [429, 200]


def test_a_request_that_asks_before_its_body_is_refused_after_it(client: socket.socket) -> None:
    client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n")
    assert client.recv(65_536).startswith(b"HTTP/1.1 100 Continue")
    assert ask(client, BODY).status == 429


def test_a_malformed_request_that_waited_is_400(client: socket.socket) -> None:
    assert ask(client, get("/", "Host: y")).status == 400


def test_half_a_request_that_waited_is_408_in_time(tmp_path: Path) -> None:
    limits = {"queued": 0, "wait_seconds": 1.0, "head_seconds": 0.3, "request_seconds": 0.6}
    with serving(tmp_path, limits) as server:
        assert server.say(b"GET / HTTP/1.1\r\nHo").status == 408


def test_of_many_at_once_as_many_are_answered_as_there_are_places(tmp_path: Path) -> None:
    with serving(tmp_path, {"queued": 5, **NO_WAIT}) as server:
        statuses = [answer.status for answer in server.say_at_once([get("/slow?3")] * 20)]
        assert statuses.count(200) >= 5
        assert statuses.count(429) == refused(server) == 20 - statuses.count(200) > 0


@pytest.mark.parametrize("parts", [1, 2, 40], ids=["at once", "head and body", "byte by byte"])
def test_a_request_that_waits_is_answered_when_a_place_is_free(tmp_path: Path, parts: int) -> None:
    sent = post("/echo", BODY)
    size = -(-len(sent) // parts)
    with busy(tmp_path, LONG_WAIT) as server, server.connect() as client:
        for start in range(0, len(sent), size):
            client.sendall(sent[start : start + size])
        free(server)
        assert read_answer(client).brief == (200, BODY)
        assert refused(server) == 0


def test_all_that_wait_are_answered_one_after_another(tmp_path: Path) -> None:
    with busy(tmp_path, LONG_WAIT) as server, server.crowd([get("/pid")] * 20) as clients:
        free(server)
        assert {read_answer(client).status for client in clients} == {200}
        assert refused(server) == 0


def test_probes_do_not_wait(tmp_path: Path) -> None:
    with busy(tmp_path, LONG_WAIT) as server:
        assert server.get("/healthz") == server.get("/readyz?verbose") == OK


def test_whoever_comes_back_early_waits_for_a_place_instead_of_being_refused_again(tmp_path: Path) -> None:
    with busy(tmp_path, {"queued": 1, **NO_WAIT}) as server, server.connect() as client:
        assert ask(client, get("/")).status == 429
        client.sendall(post("/echo", BODY))
        free(server)
        assert read_answer(client).brief == (200, BODY)
        assert refused(server) == 1


def test_a_client_that_leaves_while_it_waits_takes_no_place(tmp_path: Path) -> None:
    with busy(tmp_path, LONG_WAIT) as server:
        with server.crowd([get("/wait")] * 20) as gone:
            for client in gone:
                reset(client)
        free(server)
        assert server.get("/") == OK
        assert server.output.count("wait: begun") == 1


def test_a_client_that_sends_no_more_while_it_waits_is_told_as_one_that_does(tmp_path: Path) -> None:
    with busy(tmp_path, LONG_WAIT) as server, server.connect() as client:
        client.sendall(get("/"))
        client.shutdown(socket.SHUT_WR)
        assert answers(read_all(client))[0][0] == 429


def test_requests_that_wait_are_answered_before_a_worker_ends(tmp_path: Path) -> None:
    free_place = get("/healthz?free")
    with (
        busy(tmp_path, {**LONG_WAIT, "drain_seconds": 0.0}) as server,
        server.connect() as client,
        server.connect() as other,
    ):
        client.sendall(get("/"))
        other.sendall(free_place[:-2])
        assert server.get("/healthz") == OK  # what was sent before has been read
        server.process.terminate()
        eventually(server.is_closed, "the port is closed")
        other.sendall(free_place[-2:])
        assert read_answer(client).brief == OK
        assert server.process.wait(20) == 0
