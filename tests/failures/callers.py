"""Many callers at once, each on a connection of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """What one caller got.

    Attributes:
        status: of HTTP; 0 when the connection ended without an answer.
        headers: by name in lower case.
        body: as it came.
        seconds: from the first byte of the request to the last of the answer.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def problem(self) -> dict[str, Any]:
        """The body of an error; fails when it is no problem document."""
        assert self.headers.get("content-type") == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        assert (found["status"], bool(found["detail"])) == (self.status, True), found
        return found


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request's bytes; ``X_Request_Timeout="2"`` sends the header ``X-Request-Timeout``."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def picture(png: bytes, model: str, **headers: str) -> bytes:
    """A request to classify a picture."""
    return request("POST", f"/v1/models/{model}:classify", png, Content_Type="image/png", **headers)


async def ask(port: int, *pieces: bytes, pause: float = 0.0) -> Answer:
    """Send a request, with a pause before each further piece, and wait for the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await asyncio.wait_for(_exchange(reader, writer, pieces, pause), PATIENCE)
    finally:
        writer.close()


async def ask_at_once(port: int, requests: Sequence[bytes]) -> list[Answer]:
    """Send all requests at once; the answers in the same order."""
    return await asyncio.gather(*(ask(port, each) for each in requests))


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: Sequence[bytes], pause: float
) -> Answer:
    began = time.monotonic()
    for number, piece in enumerate(pieces):
        if number:
            await asyncio.sleep(pause)
        writer.write(piece)
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return Answer(0, {}, b"", time.monotonic() - began)
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Answer(int(status.split()[1]), headers, body, time.monotonic() - began)
