"""A real gunicorn whose whole output is kept."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests import connections
from tests.connections import Answer
from tests.waiting import eventually


class Gunicorn:
    """A running gunicorn.

    Args:
        folder: where its output goes.
        command: starts it.
        environ: added to this process's environment.

    Attributes:
        port: where it listens on 127.0.0.1.
        process: gunicorn's arbiter.
    """

    def __init__(self, folder: Path, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command, env={**os.environ, **environ}, stdout=output, stderr=output
            )
        self.port = int(self.wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)")[1])

    @property
    def output(self) -> str:
        """All it has written so far."""
        return self._output.read_text("utf-8", "replace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in its output."""
        match = None

        def found() -> bool:
            nonlocal match
            has_ended = self.process.poll() is not None
            match = re.search(pattern, self.output)
            assert match or not has_ended, self.output
            return match is not None

        eventually(found, f"{pattern!r} is in its output")
        assert match
        return match

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        """A new connection."""
        return connections.connect(self.port, receive_buffer)

    def crowd(
        self, requests: Iterable[bytes], receive_buffer: int | None = None
    ) -> AbstractContextManager[list[socket.socket]]:
        """Connections that have each sent one of the requests."""
        return connections.crowd(self.port, requests, receive_buffer)

    def say(self, data: bytes) -> Answer:
        """Send bytes on a connection of their own, and read the answer."""
        with self.connect() as client:
            return connections.ask(client, data)

    def say_at_once(self, requests: Iterable[bytes]) -> list[Answer]:
        """Send all requests at once, each on a connection of its own; the answers in the same order."""
        with self.crowd(requests) as clients:
            return [connections.read_answer(client) for client in clients]

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
def ended(server: Gunicorn) -> Iterator[None]:
    """End a gunicorn with the block, by force when it takes too long."""
    try:
        yield
    finally:
        server.process.terminate()
        try:
            server.process.wait(20)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
