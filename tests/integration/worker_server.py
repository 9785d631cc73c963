"""A small application under real gunicorn with the gateway's worker, and raw connections to it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.errors import ServiceError
from serving.gateway.server import bridge

Environ = dict[str, Any]

CONFIGURATION = """
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.shares import Shares
from serving.gateway.server.worker import GatewayWorker
shares = Shares(16)
bind = "127.0.0.1:0"
control_socket_disable = True
worker_class = GatewayWorker
GatewayWorker.limits = ServerLimits(**{limits!r})
globals().update({settings!r})


def pre_fork(server, worker):
    worker.share = shares.take()


def child_exit(server, worker):
    worker.share.leave()
"""


BODIES: dict[str, Callable[[], bytes]] = {
    "/big": lambda: bytes(10_000_000),
    "/pid": lambda: str(os.getpid()).encode(),
}


class Application:
    """Answers by path: those of ``BODIES``; ``/echo`` the body; ``/slow`` later; ``/hold`` holds the loop.

    What the server refuses, it writes to standard error as ``refused STATUS METHOD PATH``.
    """

    def __init__(self) -> None:
        self.draining = False

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        status, body = "200 OK", BODIES.get(path, lambda: b"hello")()
        if path == "/echo":
            body = environ["wsgi.input"].read()
        elif path == "/environ":
            body = json.dumps({name: value for name, value in environ.items() if name.isupper()}).encode()
        elif path == "/slow":
            print("slow: begun", file=sys.stderr, flush=True)
            bridge.wait_for(asyncio.sleep(float(query)))
        elif path == "/hold":
            time.sleep(float(query))
        elif path == "/readyz" and self.draining:
            status = "503 Service Unavailable"
        elif path == "/short":
            start_response(status, [("Content-Length", "100")])
            return [b"less"]
        elif path == "/broken":
            raise RuntimeError("the application's own trouble")
        elif path == "/stream":
            start_response(status, [])
            return [b"a", b"b", b"c"]
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    def refuse(self, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:
        print(f"refused {error.status} {method} {path}", file=sys.stderr, flush=True)
        headers = [("content-type", "application/problem+json")]
        if error.retry_after is not None:
            headers.append(("retry-after", str(error.retry_after)))
        document = {"status": error.status, "code": error.code, "detail": error.detail}
        return headers, json.dumps(document).encode()

    def drain(self) -> None:
        self.draining = True


application = Application()


class Server:
    """A running gunicorn.

    Attributes:
        port: where it listens on 127.0.0.1.
    """

    def __init__(self, folder: Path, limits: dict[str, Any], settings: dict[str, Any]) -> None:
        self._log = folder / "gunicorn.log"
        config = folder / "gunicorn_conf.py"
        config.write_text(CONFIGURATION.format(limits=limits, settings=settings))
        command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
        command += ["tests.integration.worker_server:application"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log)
        self.port = int(self.wait_for_log(r"Listening at: http://127\.0\.0\.1:(\d+)")[1])
        self.wait_for_log("Booting worker")

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def wait_for_log(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Return the first match in the log; fail the test when none comes in time."""
        end = time.monotonic() + seconds
        while True:
            if match := re.search(pattern, self.log):
                return match
            assert self.process.poll() is None, self.log
            assert time.monotonic() < end, f"no {pattern!r} in the log:\n{self.log}"
            time.sleep(0.02)

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        """A new connection; a small ``receive_buffer`` makes a slow reader felt early."""
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(60)
        try:
            client.connect(("127.0.0.1", self.port))
        except OSError:
            client.close()
            raise
        return client

    def ask(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET on a connection of its own."""
        with self.connect() as client:
            client.sendall(get(path, "Connection: close"))
            return one_answer(read_to_end(client))[:2]

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def serving(folder: Path, limits: dict[str, Any] | None = None, **settings: Any) -> Iterator[Server]:  # noqa: ANN401
    """A server with these ``ServerLimits`` and gunicorn settings; killed at the end if it still runs."""
    server = Server(folder, limits or {}, {"keepalive": 30, **settings})
    try:
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(20)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def get(path: str, *headers: str) -> bytes:
    """A GET request."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST request with its length."""
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def read_to_end(client: socket.socket) -> bytes:
    """Everything until the server closes."""
    pieces = []
    while piece := client.recv(1_000_000):
        pieces.append(piece)
    return b"".join(pieces)


def one_answer(data: bytes) -> tuple[int, bytes, bytes]:
    """Status and body of the first answer that has a length, and what follows it."""
    head, _, rest = data.partition(b"\r\n\r\n")
    match = re.search(rb"(?i)content-length: (\d+)", head)
    length = int(match[1]) if match else len(rest)
    return int(head.split()[1]), rest[:length], rest[length:]


def answers(data: bytes) -> list[tuple[int, bytes]]:
    """Status and body of all answers in a stream."""
    found = []
    while data:
        status, body, data = one_answer(data)
        found.append((status, body))
    return found


def read_answer(client: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next answer on a connection that stays open."""
    return read_answer_and_end(client)[:2]


def read_answer_and_end(client: socket.socket) -> tuple[int, bytes, bool]:
    """Status and body of the next answer, and whether it is the connection's last."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65_536)
        assert piece, f"closed after {data!r}"
        data += piece
    length = int(re.search(rb"(?i)content-length: (\d+)", data)[1])  # type: ignore[index]
    missing = length - len(data.partition(b"\r\n\r\n")[2])
    while missing > 0:
        piece = client.recv(min(missing, 1_000_000))
        assert piece, "closed within the body"
        data += piece
        missing -= len(piece)
    status, body, _ = one_answer(data)
    return status, body, b"connection: close" in data.partition(b"\r\n\r\n")[0].lower()
