"""A real gateway under gunicorn, and hostile requests to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from serving.stack import commands
from tests.connections import PATIENCE, Answer, first_answer, read_all
from tests.gunicorn import Gunicorn, ended
from tests.hostile.case import Request
from tests.waiting import eventually


class Gateway(Gunicorn):
    """A running gateway; its own deadline is the tests' patience."""

    def __init__(self, folder: Path, model_server: str, **environ: str) -> None:
        chosen = {
            "GATEWAY_PORT": "0",
            "GATEWAY_MODEL_SERVER": model_server,
            "GATEWAY_MODELS": "digits",
            "GATEWAY_WORKERS": "1",
            "GATEWAY_DRAIN_SECONDS": "0",
            "GATEWAY_DEADLINE_SECONDS": str(PATIENCE),
        }
        super().__init__(folder, commands.gateway_command(), {**chosen, **environ})

    def entries(self) -> list[dict[str, Any]]:
        """Its log; fails on a line that is no JSON object."""
        found = [json.loads(line) for line in self._output.read_text("utf-8").split("\n") if line]
        assert all(isinstance(entry, dict) for entry in found)
        return found

    def ask(self, method: str, target: bytes, *headers: bytes, body: bytes = b"") -> Answer:
        """One request on a connection of its own; target and headers go out as they are."""
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers]
        if body or method == "POST":
            lines.append(b"Content-Length: %d" % len(body))
        with self.connect() as client:
            client.sendall(b"\r\n".join([*lines, b"", b""]) + body)
            return first_answer(read_all(client, or_reset=True))

    def put(self, asked: Request) -> Answer:
        """A hostile request."""
        headers = [f"{name}: {value}".encode("latin-1", "replace") for name, value in asked.headers]
        return self.ask(asked.method, asked.path.encode(), *headers, body=asked.body)


@contextmanager
def running(folder: Path, model_server: str, **environ: str) -> Iterator[Gateway]:
    """A gateway that is ready to be asked, ended with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = Gateway(folder, model_server, **environ)

    def is_ready() -> bool:
        with suppress(AssertionError, ConnectionError):  # a connection may end before a slow start does
            return gateway.ask("GET", b"/readyz").status == 200
        return False

    with ended(gateway):
        eventually(is_ready, "the gateway is ready")
        yield gateway
