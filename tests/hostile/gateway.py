"""A real gateway under gunicorn whose whole output is kept, and requests to it byte by byte."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from serving.stack import commands
from tests.hostile.case import Request

PATIENCE = 60.0
"""Seconds until a test calls it a hang; the gateway's own deadline is set to it as well."""


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

    def problem(self) -> dict[str, Any]:
        """The body of an error."""
        assert b"application/problem+json" in self.head, self
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found


class Gateway:
    """A running gateway.

    Attributes:
        port: where it listens on 127.0.0.1.
        process: gunicorn's arbiter.
    """

    def __init__(self, folder: Path, model_server: str, **environ: str) -> None:
        self._output = folder / "output"
        chosen = {
            "GATEWAY_PORT": "0",
            "GATEWAY_MODEL_SERVER": model_server,
            "GATEWAY_MODELS": "digits",
            "GATEWAY_WORKERS": "1",
            "GATEWAY_DRAIN_SECONDS": "0",
            "GATEWAY_DEADLINE_SECONDS": str(PATIENCE),
        }
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                commands.gateway_command(),
                env={**os.environ, **chosen, **environ},
                stdout=output,
                stderr=output,
            )
        self.port = int(self.wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)")[1])

    @property
    def output(self) -> str:
        """All it has written so far."""
        return self._output.read_text("utf-8", "replace")

    def entries(self) -> list[dict[str, Any]]:
        """Its log; fails on a line that is no JSON object."""
        found = [json.loads(line) for line in self._output.read_text("utf-8").split("\n") if line]
        assert all(isinstance(entry, dict) for entry in found)
        return found

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in its output."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.output)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.02)
        return match

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, method: str, target: bytes, *headers: bytes, body: bytes = b"") -> Answer:
        """One request on a connection of its own; target and headers go out as they are."""
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers]
        if body or method == "POST":
            lines.append(b"Content-Length: %d" % len(body))
        return self.say(b"\r\n".join([*lines, b"", b""]) + body)

    def put(self, asked: Request) -> Answer:
        """A hostile request."""
        headers = [f"{name}: {value}".encode("latin-1", "replace") for name, value in asked.headers]
        return self.ask(asked.method, asked.path.encode(), *headers, body=asked.body)

    def say(self, data: bytes) -> Answer:
        """Send bytes, and read until the other side closes."""
        with self.connect() as client:
            client.sendall(data)
            return first_answer(read_all(client))

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def memory_mb(self) -> float:
        """Resident memory of its workers."""
        sizes = 0
        for pid in self.workers():
            match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            assert match
            sizes += int(match[1])
        return sizes / 1e3

    def descriptors(self) -> int:
        """Open file descriptors of its workers."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.workers())


@contextmanager
def running(folder: Path, model_server: str, **environ: str) -> Iterator[Gateway]:
    """A gateway that is ready to be asked, ended with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = Gateway(folder, model_server, **environ)
    try:
        end = time.monotonic() + PATIENCE
        while gateway.ask("GET", b"/readyz").status != 200:
            assert time.monotonic() < end, gateway.output
            time.sleep(0.05)
        yield gateway
    finally:
        gateway.process.terminate()
        try:
            gateway.process.wait(20)
        except subprocess.TimeoutExpired:
            gateway.process.kill()
            gateway.process.wait()


def read_all(client: socket.socket) -> bytes:
    """Everything until the other side closes; a reset after an answer counts as closing."""
    pieces = []
    try:
        while piece := client.recv(1_000_000):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def first_answer(data: bytes) -> Answer:
    """The first answer of a stream."""
    head, _, rest = data.partition(b"\r\n\r\n")
    match = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    size = int(match[1]) if match else len(rest)
    return Answer(int(head.split()[1]), head, rest[:size], rest[size:])
