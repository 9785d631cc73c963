"""A gateway for tests: real HTTP on a free port, answers that follow from the picture, scripted faults."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.client.made import grey_png

BAD = b"not a picture"
ODD = b"odd"
SEEN = grey_png(bytes(range(28)) * 28)


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    images: list[tuple[str, bytes]]


Fault = Callable[["Handler", Received], None]


def problem(status: int, code: str, retry_after: str | None = None, **more: object) -> Fault:
    """Answer with a problem document."""

    def answer(handler: Handler, _: Received) -> None:
        headers = {"Retry-After": retry_after} if retry_after is not None else {}
        body = {"status": status, "code": code, "title": code, "detail": f"a {code} by script", **more}
        handler.answer(status, body, "application/problem+json", headers)

    return answer


def plain(status: int, text: str = "hello") -> Fault:
    """Answer as something that is no gateway."""
    return lambda handler, _: handler.answer_bytes(status, text.encode(), "text/plain", {})


def drop(handler: Handler, _: Received) -> None:
    """Break the connection in the middle of the answer."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"predictions": [')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def refuse_early(handler: Handler, length: int) -> None:
    """Close the connection after a part of a body, as a service does that accepts less."""
    handler.rfile.read(length // 4)
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)  # what is unread resets it
    handler.close_connection = True


def well(handler: Handler, received: Received) -> None:
    """Answer well, in the place of a fault."""
    handler.classified(received)


def hang(handler: Handler, _: Received) -> None:
    """Give no answer before the test ends."""
    handler.fake.ended.wait(60)
    handler.close_connection = True


def hang_but_for(picture: bytes) -> Fault:
    """Answer a request that begins with this picture; give no answer to any other."""

    def answer(handler: Handler, received: Received) -> None:
        (well if received.images[0][1] == picture else hang)(handler, received)

    return answer


def slow(seconds: float) -> Fault:
    """Answer well, but no sooner than after so many seconds."""

    def answer(handler: Handler, received: Received) -> None:
        time.sleep(seconds)
        handler.classified(received)

    return answer


def dribble(handler: Handler, _: Received) -> None:
    """Send a byte now and then, and never finish."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while not handler.fake.ended.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


@dataclass
class FakeGateway:
    """A running server.

    Attributes:
        faults: what to do with the next classify requests instead of answering well.
        received: every request.
        too_many: requests with more pictures than this get 413.
        most_bytes: a longer body is refused by closing the connection.
        too_slow: requests with more pictures than this get 504.
        refused: how many bodies were too long.
        corrections: label and picture of each that was kept.
        arrived: set by every request.
        ended: set at the end of the test; requests that hang wait for it.
    """

    url: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    too_many: int = 128
    too_slow: int = 128
    most_bytes: int = sys.maxsize
    refused: int = 0
    served: str = "mnist"
    ready_after: int = 0
    corrections: list[tuple[str, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    arrived: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def batches(self) -> list[int]:
        """How many pictures each classify request held."""
        return [len(request.images) for request in self.received if request.method == "POST"]


class Handler(BaseHTTPRequestHandler):
    """Answers for one ``FakeGateway``."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    fake: FakeGateway

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        received = self._receive()
        if received.path == "/healthz":
            return self.answer(200, {"status": "ok"})
        if received.path == "/readyz":
            self.fake.ready_after -= 1
            if self.fake.ready_after >= 0:
                return problem(503, "model_unavailable", "1", retryable=True)(self, received)
            return self.answer(200, {"status": "ok"})
        model = {"name": self.fake.served, "ready": True, "versions": [1], "labels": list("0123456789")}
        if received.path == "/v1/models":
            return self.answer(200, {"models": [model]})
        if received.path == f"/v1/models/{self.fake.served}":
            return self.answer(200, {**model, "card": {"dataset": "mnist"}})
        return problem(404, "not_found")(self, received)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > self.fake.most_bytes:
            with self.fake.lock:
                self.fake.refused += 1
            return refuse_early(self, length)
        received = self._receive()
        with self.fake.lock:
            fault = self.fake.faults.popleft() if self.fake.faults else None
        if fault is not None:
            return fault(self, received)
        if not received.path.startswith(f"/v1/models/{self.fake.served}"):
            return problem(404, "not_found")(self, received)
        if received.path.endswith(":correct"):
            return self.corrected(received)
        if len(received.images) > self.fake.too_many:
            return problem(413, "too_large")(self, received)
        if len(received.images) > self.fake.too_slow:
            return problem(504, "deadline_exceeded", retryable=True)(self, received)
        return self.classified(received)

    def classified(self, received: Received) -> None:
        """Answer each picture by its content."""
        seen = "input" in received.query.get("include", [""])[0]
        reads = received.path.endswith(":read")
        entries = [(reading if reads else prediction)(name, data, seen) for name, data in received.images]
        failed = [entry for entry in entries if "error" in entry]
        if len(entries) == 1 and failed:
            error = entries[0]["error"]
            return self.answer(error["status"], error, "application/problem+json")
        if len(failed) == len(entries):
            body = {
                "status": 422,
                "code": "all_images_failed",
                "title": "x",
                "detail": "x",
                "errors": entries,
            }
            return self.answer(422, body, "application/problem+json")
        key = "readings" if reads else "predictions"
        return self.answer(200, {"model": {"name": self.fake.served, "version": 3}, key: entries})

    def corrected(self, received: Received) -> None:
        """Keep a correction, as the gateway does."""
        ((_, data),), (label,) = received.images, received.query["label"]
        if label not in "0123456789":
            return problem(400, "bad_request")(self, received)
        if data.startswith(BAD):
            return problem(415, "unsupported_image")(self, received)
        with self.fake.lock:
            new = (label, data) not in self.fake.corrections
            self.fake.corrections.append((label, data))
        digest = hashlib.sha256(data).hexdigest()
        return self.answer(200, {"model": {"name": "mnist"}, "label": label, "id": digest, "new": new})

    def answer(
        self,
        status: int,
        body: object,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send JSON."""
        self.answer_bytes(status, json.dumps(body).encode(), kind, headers or {})

    def answer_bytes(self, status: int, content: bytes, kind: str, headers: dict[str, str]) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _receive(self) -> Received:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        images = images_of(headers.get("content-type", ""), body)
        received = Received(self.command, parts.path, parse_qs(parts.query), headers, images)
        with self.fake.lock:
            self.fake.received.append(received)
        self.fake.arrived.set()
        return received


def images_of(kind: str, body: bytes) -> list[tuple[str, bytes]]:
    """The pictures of a request, read with other code than the client's."""
    if kind == "application/json":
        return [(entry["name"], base64.b64decode(entry["b64"])) for entry in json.loads(body)["images"]]
    if not kind.startswith("multipart/"):
        return []
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [(str(part.get_filename()), _content(part)) for part in parts if isinstance(part, Message)]


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def prediction(name: str, data: bytes, seen: bool) -> dict[str, Any]:
    """The answer for a picture: its class is its length modulo ten."""
    if data.startswith(BAD):
        error = {"status": 415, "code": "unsupported_image", "title": "x", "detail": "Not an image type."}
        return {"name": name, "error": error}
    digit = len(data) % 10
    top = {"label": str(digit), "class_id": digit, "probability": 0.75}
    body: dict[str, Any] = {"name": name, "status": "ok", **top, "top": [top]}
    if data.startswith(ODD):
        body |= {"status": "uncertain", "warnings": ["Several marks.", "One is wide."]}
    picture = {"png_b64": base64.b64encode(SEEN).decode(), "steps": ["cropped"]}
    return {**body, "input": picture} if seen else body


def reading(name: str, data: bytes, seen: bool) -> dict[str, Any]:
    """The reading of a picture: one line for each ``/`` in it, of the digits there."""
    answer = prediction(name, data, seen)
    if "error" in answer:
        return answer
    lines = []
    for row, text in enumerate(data.decode("ascii", "replace").split("/")):
        marks = [
            {
                "label": label,
                "class_id": int(label),
                "probability": 0.5 if label == "4" else 0.99,
                "status": "uncertain" if label == "4" else "ok",
                "box": [10 + 20 * place, 10 + 30 * row, 15, 25],
                **({"input": answer["input"]} if seen else {}),
            }
            for place, label in enumerate(filter(str.isdigit, text))
        ]
        lines.append({"text": "".join(str(mark["label"]) for mark in marks), "marks": marks})
    status = "uncertain" if any("4" in str(line["text"]) for line in lines) else "ok"
    text = "\n".join(str(line["text"]) for line in lines)
    return {"name": name, "status": status, "text": text, "lines": lines}


class QuietServer(ThreadingHTTPServer):
    """Clients that leave early are part of the tests, and no news."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keep quiet."""


def start(fake: FakeGateway) -> ThreadingHTTPServer:
    """Serve it on a free port."""
    handler = type("BoundHandler", (Handler,), {"fake": fake})
    server = QuietServer(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
