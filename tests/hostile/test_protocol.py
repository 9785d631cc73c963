"""Connections that break the protocol or abuse it, to the gateway as it is served.

tests/integration/test_worker_connections.py has what one kind of slow client does to the worker by itself
(half sent requests, dripping bytes, silent connections, readers that take nothing, too many at a time),
test_worker_requests.py what is refused and how, tests/failures crowds of them before the whole gateway,
tests/unit/server the framing, byte by byte.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.connections import first_answer, read_all, reset
from tests.hostile.gateway import Gateway
from tests.hostile.pictures import sound
from tests.waiting import eventually

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
HIDDEN = b"GET /v1/models/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
PICTURE = sound("PNG")
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE


def chunked(size_line: bytes) -> bytes:
    """A request that is framed twice, or wrongly, with another hidden behind the frame."""
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size_line + b"\r\n" + HIDDEN


def others_are_served(gateway: Gateway) -> None:
    """A few pictures on new connections."""
    for _ in range(5):
        assert gateway.say(WHOLE).status in (200, 422)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 0\r\nContent-Length: 46\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 46\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 0, 46\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: -1\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: +0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 1e1\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length : 0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 0\r\n Content-Length: 46\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length:\x0b0\r\n\r\n" + HIDDEN,
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + HIDDEN,
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"Transfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD.replace(b"\r\n", b"\n") + b"\n" + HIDDEN,
        HEAD + b"X: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"X: 1\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        HEAD + b"\x00Content-Length: 0\r\n\r\n" + HIDDEN,
        *map(chunked, (b"-1", b"0x0", b"+0", b" 0", b"zz", b"", b"0;\x00", b"f" * 17, b"1" * 2_000)),
        chunked(b"2\r\nabc"),
        chunked(b"2\r\nab\n0\r\n"),
        chunked(b"0\r\nContent-Length: 5"),
        chunked(b"0\r\nTransfer-Encoding: x"),
    ],
)  # fmt: skip
def test_a_request_hidden_in_another_is_never_read(gateway: Gateway, sent: bytes) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        answer = first_answer(read_all(client, or_reset=True))
    assert 400 <= answer.status <= 501
    assert answer.status != 500
    assert answer.problem()["code"] != "not_found"
    assert answer.rest == b""


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(5_000)),
        b"X: " + b"y" * 1_000_000 + b"\r\n",
        b"Cookie: a=b\r\n" * 5_000,
        b": \r\n" * 5_000,
    ],
    ids=["names", "one", "cookies", "nothings"],
)
def test_floods_of_headers_are_refused_and_others_are_served(gateway: Gateway, flood: bytes) -> None:
    for _ in range(20):
        with gateway.connect() as client, suppress(OSError):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + flood + b"\r\n")
            assert first_answer(read_all(client, or_reset=True)).status in (400, 431)
    others_are_served(gateway)


@pytest.mark.parametrize(
    "sent", [b"", b"POST /cl", WHOLE[:-20], WHOLE, WHOLE * 5], ids=["none", "head", "body", "whole", "ahead"]
)
@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closed", "reset"])
def test_connections_that_break_leave_nothing_behind(
    gateway: Gateway, sent: bytes, leave: Callable[[socket.socket], None]
) -> None:
    others_are_served(gateway)
    before = gateway.descriptors()
    for _ in range(60):
        client = gateway.connect()
        client.sendall(sent)
        leave(client)
    others_are_served(gateway)
    eventually(lambda: gateway.descriptors() <= before + 2, "nothing is open")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        b"SSH-2.0-OpenSSH_9.0\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        b"TRACE /healthz HTTP/1.1\r\nHost: x\r\nX-API-Key: k\r\nConnection: close\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\0" * 50_000,
        b"\r\n" * 5_000,
    ],
    ids=["tls", "http2", "ssh", "connect", "trace", "star", "version", "zeros", "lines"],
)
def test_what_is_another_protocol_is_refused(gateway: Gateway, sent: bytes) -> None:
    with gateway.connect() as client:
        with suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        data = read_all(client, or_reset=True)
    if data:  # a client that only ever sent nothing is closed without a word
        answer = first_answer(data)
        assert 400 <= answer.status < 506
        assert b"X-API-Key" not in answer.body
    others_are_served(gateway)
