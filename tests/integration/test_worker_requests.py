"""How requests are framed, refused and answered, on real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.connections import answers, ask, first_answer, get, post, read_all
from tests.integration.worker_server import Server, serving

HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TOO_LONG = HEAD + b"Content-Length: 9000000\r\n\r\n"
MANY_HEADERS = b"".join(b"Name-%d: x\r\n" % number for number in range(200))
MEGABYTE = b"100000\r\n" + bytes(0x100000) + b"\r\n"
SURPLUS = b"SURPLUS / HTTP/1.1\r\nno header\r\n\r\n"
ALPHABET = bytes(range(251))
OK = (200, b"hello")


@pytest.fixture(scope="module", params=[64_000_000, 0], ids=["bodies in memory", "bodies in files"])
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    limits = {"request_bytes": 3_000_000, "memory_bytes": request.param}
    with serving(tmp_path_factory.mktemp("requests"), limits) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[socket.socket]:
    with server.connect() as connection:
        yield connection


def test_a_connection_carries_one_request_after_the_other(client: socket.socket) -> None:
    for number in range(20):
        body = str(number).encode() * 10
        assert ask(client, post("/echo", body)).brief == (200, body)


def test_requests_sent_ahead_are_answered_in_order(client: socket.socket) -> None:
    bodies = [str(number).encode() for number in range(3000)]
    client.sendall(b"".join(post("/echo", body) for body in bodies[:-1]))
    client.sendall(post("/echo", bodies[-1], "Connection: close"))
    assert answers(read_all(client)) == [(200, body) for body in bodies]


def test_a_request_sent_while_another_is_answered_is_not_lost(client: socket.socket) -> None:
    client.sendall(get("/slow?0.3"))
    client.sendall(post("/echo", b"second", "Connection: close"))
    assert answers(read_all(client)) == [OK, (200, b"second")]


def test_a_client_that_closes_its_side_after_the_request_gets_the_answer(client: socket.socket) -> None:
    client.sendall(get("/slow?0.3"))
    client.shutdown(socket.SHUT_WR)
    assert answers(read_all(client)) == [OK]


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_001, 2_999_999])
def test_a_body_arrives_as_sent(client: socket.socket, size: int) -> None:
    body = (ALPHABET * (size // len(ALPHABET) + 1))[:size]
    assert ask(client, post("/echo", body)).brief == (200, body)


def test_a_chunked_body_arrives_as_sent(client: socket.socket) -> None:
    body = ALPHABET * 3000
    chunks = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    framed = b"".join(b"%X\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    assert ask(client, CHUNKED + framed).brief == (200, body)
    assert ask(client, get("/")).brief == OK


def test_a_client_that_expects_100_continue_is_asked_for_the_body(client: socket.socket) -> None:
    head, body = post("/echo", b"body", "Expect: 100-continue").split(b"\r\n\r\n")
    client.sendall(head + b"\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert ask(client, body).brief == (200, b"body")


def test_an_answer_in_pieces_comes_whole_and_with_its_length(client: socket.socket) -> None:
    assert ask(client, get("/stream")).brief == (200, b"abc")


def test_head_is_answered_without_a_body_and_the_connection_goes_on(client: socket.socket) -> None:
    client.sendall(get("/").replace(b"GET", b"HEAD") + get("/", "Connection: close"))
    first, _, rest = read_all(client).partition(b"\r\n\r\n")
    assert b"200 OK" in first
    assert answers(rest) == [OK]


def test_http_1_0_is_answered_and_closed(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert answers(read_all(client)) == [OK]


def test_an_application_that_fails_is_answered_with_a_problem_that_tells_nothing(
    server: Server, client: socket.socket
) -> None:
    status, body = ask(client, get("/broken")).brief
    assert (status, json.loads(body)["code"]) == (500, "internal")
    assert b"trouble" not in body
    assert "the application's own trouble" in server.output


def test_an_answer_that_falls_short_of_its_length_ends_the_connection(client: socket.socket) -> None:
    client.sendall(get("/short") + get("/"))
    assert read_all(client).endswith(b"\r\n\r\nless")


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "it has two framings": (
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0",
        400,
        "malformed_request",
    ),
    "its length is no number": (HEAD + b"Content-Length: five\r\n\r\n", 400, "malformed_request"),
    "its chunk has no size": (CHUNKED + b"xyz\r\n", 400, "malformed_request"),
    "its coding is unknown": (HEAD + b"Transfer-Encoding: br\r\n\r\n", 501, "unknown_transfer_coding"),
    "its expectation is unknown": (HEAD + b"Expect: wonders\r\n\r\n", 417, "unknown_expectation"),
    "its stated length is one byte too much": (HEAD + b"Content-Length: 3000001\r\n\r\n", 413, "too_large"),
    "it asks to send too much": (
        HEAD + b"Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n",
        413,
        "too_large",
    ),
    "it sends too much before it reads": (
        HEAD + b"Content-Length: 9000000\r\n\r\n" + bytes(9_000_000),
        413,
        "too_large",
    ),
    "its chunks are too much": (CHUNKED + 3 * MEGABYTE, 413, "too_large"),
    "its target is too long": (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"),
    "its header is too long": (HEAD + b"Name: " + b"x" * 40_000, 431, "headers_too_large"),
    "it has too many headers": (HEAD + MANY_HEADERS + b"\r\n", 431, "headers_too_large"),
    "it names no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    "it is TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, "malformed_request"),
    "it is no text": (b"\0\0\0\0\r\n\r\n", 400, "malformed_request"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_acceptable_request_is_refused_with_a_problem(
    client: socket.socket, sent: bytes, status: int, code: str
) -> None:
    client.sendall(sent)
    answer = first_answer(read_all(client))
    assert (answer.status, answer.problem()["code"], answer.rest) == (status, code, b"")
    assert answer.is_last


@pytest.mark.parametrize(
    "sent",
    [b"GET / HT", HEAD + b"Content-Length: 10\r\n\r\nshort", CHUNKED + b"5\r\nab"],
    ids=["within its head", "within its body", "within a chunk"],
)
def test_a_request_cut_off_is_answered_with_400(client: socket.socket, sent: bytes) -> None:
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)
    answer = first_answer(read_all(client))
    assert (answer.status, answer.problem()["code"]) == (400, "incomplete_request")


@pytest.mark.parametrize(
    "before",
    [HEAD + b"Content-Length: 2\r\n\r\nok", get("/slow?0.3")],
    ids=["its bytes are beyond a stated length", "it waits for the answer before it"],
)
def test_a_refusal_follows_the_answer_to_the_request_before_it(client: socket.socket, before: bytes) -> None:
    client.sendall(before + SURPLUS)
    assert [status for status, _ in answers(read_all(client))] == [200, 400]


def test_a_trailer_never_becomes_a_header(client: socket.socket) -> None:
    sent = CHUNKED.replace(b"/echo", b"/environ") + b"0\r\nX-API-Key: smuggled\r\n\r\n"
    status, body = ask(client, sent).brief
    assert status == 200
    assert "HTTP_X_API_KEY" not in json.loads(body)


def test_a_header_with_an_underscore_cannot_pass_for_another(client: socket.socket) -> None:
    answer = ask(client, get("/environ", "X_Forwarded_For: 10.0.0.1", "X-Forwarded-For: 192.0.2.1"))
    assert json.loads(answer.body)["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_every_refusal_is_told_to_the_application(server: Server, client: socket.socket) -> None:
    client.sendall(b"DELETE /refused-here HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort")
    client.shutdown(socket.SHUT_WR)
    read_all(client)
    server.wait_for("refused 400 DELETE /refused-here")
