"""HTTP/1.1 byte by byte on raw connections, for all tests of the server."""

from __future__ import annotations

import json
import re
import resource
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

PATIENCE = 60.0
"""Seconds until a test calls it a hang."""


class Answer(NamedTuple):
    """An answer as it came.

    Attributes:
        status: of HTTP.
        head: status line and headers.
        body: what the length says, or all that came.
        rest: what came behind it.
    """

    status: int
    head: bytes
    body: bytes
    rest: bytes

    @property
    def brief(self) -> tuple[int, bytes]:
        """Status and body."""
        return self.status, self.body

    @property
    def headers(self) -> dict[str, str]:
        """Its headers by name in lower case."""
        pairs = (line.partition(": ") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return {name.lower(): value for name, _, value in pairs}

    @property
    def is_last(self) -> bool:
        """Whether the connection ends with it."""
        return self.headers.get("connection", "").lower() == "close"

    def problem(self) -> dict[str, Any]:
        """The body of an error; fails when it is no problem document that says what is wrong."""
        assert self.headers.get("content-type") == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        assert (found["status"], bool(found["detail"])) == (self.status, True), found
        return found


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """A request's bytes; one with a body, and each POST, states its length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, *headers: str) -> bytes:
    """A GET request."""
    return request("GET", path, *headers)


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST request."""
    return request("POST", path, *headers, body=body)


def connect(port: int, receive_buffer: int | None = None) -> socket.socket:
    """A connection to this machine; a small ``receive_buffer`` makes a slow reader felt early."""
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(PATIENCE)
    try:
        client.connect(("127.0.0.1", port))
    except OSError:
        client.close()
        raise
    return client


@contextmanager
def crowd(
    port: int, requests: Iterable[bytes], receive_buffer: int | None = None
) -> Iterator[list[socket.socket]]:
    """Connections that have each sent one of the requests; as many open files are allowed as they need."""
    sent = [*requests]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, len(sent) + 500)), hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = [stack.enter_context(connect(port, receive_buffer)) for _ in sent]
        for client, data in zip(clients, sent, strict=True):
            client.sendall(data)
        yield clients


def reset(client: socket.socket) -> None:
    """Close a connection so that the other side sees a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def read_all(client: socket.socket, *, or_reset: bool = False) -> bytes:
    """Everything until the other side closes; with ``or_reset``, also until it resets the connection."""
    pieces = []
    with suppress(*[ConnectionResetError] * or_reset):
        while piece := client.recv(1_000_000):
            pieces.append(piece)
    return b"".join(pieces)


def read_answer(client: socket.socket) -> Answer:
    """The next answer on a connection that may stay open."""
    data, end = b"", None
    while end is None or len(data) < end:
        piece = client.recv(1_000_000)
        assert piece, f"closed after {data[:1_000]!r}"
        data += piece
        head, found, _ = data.partition(b"\r\n\r\n")
        if found:
            end = len(head) + 4 + (_length(head) or 0)
    return first_answer(data)


def ask(client: socket.socket, data: bytes) -> Answer:
    """Send bytes, and read the next answer."""
    client.sendall(data)
    return read_answer(client)


def first_answer(data: bytes) -> Answer:
    """The first answer of a stream; fails when nothing came."""
    assert data, "closed without an answer"
    head, _, rest = data.partition(b"\r\n\r\n")
    length = _length(head)
    size = len(rest) if length is None else length
    return Answer(int(head.split()[1]), head, rest[:size], rest[size:])


def answers(data: bytes) -> list[tuple[int, bytes]]:
    """Status and body of all answers in a stream."""
    found = []
    while data:
        answer = first_answer(data)
        found.append(answer.brief)
        data = answer.rest
    return found


def _length(head: bytes) -> int | None:
    match = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return int(match[1]) if match else None
