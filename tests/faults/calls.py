"""Calls to a gateway whose answers are known, one at a time or many callers at once."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults import known_model

PATH = f"/v1/models/{known_model.NAME}"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """One call.

    Attributes:
        started: on the monotonic clock.
        seconds: until the answer was read, or the connection failed.
        status: of the answer; 0 when the connection failed.
        kind: its content type.
        body: its JSON, or the reason why there is none.
    """

    started: float
    seconds: float
    status: int
    kind: str
    body: Any

    @property
    def problem(self) -> str:
        """What is wrong with the form of an error; empty when it is as documented, or no error."""
        if self.status < 400:
            return ""
        if self.kind != PROBLEM or self.body.get("status") != self.status or not self.body.get("detail"):
            return f"{self.status} {self.kind} {self.body}"
        return ""


class Caller:
    """Calls one gateway over a connection that is kept, and opened again after a failure."""

    def __init__(self, port: int, headers: dict[str, str] | None = None, seconds: float = 30.0) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        self.headers = headers or {}

    def call(self, method: str, path: str, body: bytes = b"", kind: str = "image/png") -> Answer:
        """One call; what happens to the connection is in the answer, never raised."""
        self._drop_if_closed()
        started = time.monotonic()
        headers = {**self.headers, **({"Content-Type": kind} if body else {})}
        try:
            self._connection.request(method, path, body or None, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Answer(started, time.monotonic() - started, 0, "", repr(error))
        return Answer(
            started,
            time.monotonic() - started,
            response.status,
            response.headers.get_content_type(),
            _read(content, response.headers.get_content_type()),
        )

    def _drop_if_closed(self) -> None:
        """As clients with a pool do: no request on a connection that the server has closed meanwhile."""
        sock = self._connection.sock
        if sock is not None and select.select([sock], [], [], 0)[0]:
            self._connection.close()

    def classify(self, number: int = 0, path: str = PATH) -> Answer:
        """Send one of the known pictures."""
        return self.call(
            "POST", f"{path}:classify?include=probabilities&top_k=1", known_model.picture(number)
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def caller(port: int, headers: dict[str, str] | None = None) -> Iterator[Caller]:
    """A caller, closed at the end."""
    with contextlib.closing(Caller(port, headers)) as opened:
        yield opened


def wrong(answer: Answer, number: int) -> str:
    """What is wrong with the answer to ``classify(number)``; empty when it is right in all its parts."""
    if answer.status != 200:
        return f"{answer.status} {answer.body}"
    (prediction,) = answer.body["predictions"]
    return known_model.wrong(prediction["probabilities"], number, answer.body["model"]["version"])


@dataclass
class Load:
    """Callers that ask without a pause until told to stop, each with connections of its own.

    Attributes:
        answers: every answer, with the number of its picture.
    """

    choose_port: Callable[[], int]
    paths: Sequence[str] = (PATH,)
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    keep_alive: bool = True
    answers: list[tuple[int, Answer]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, seed: int) -> None:
        """One caller."""
        opened: dict[int, Caller] = {}
        for number in range(seed * 1000, 10**9):
            if self.stop.wait(self.pause) if self.pause else self.stop.is_set():
                break
            port = self.choose_port()
            if port not in opened:
                opened[port] = Caller(port, self.headers)
            path = self.paths[number % len(self.paths)]
            self.answers.append((number % 50, opened[port].classify(number % 50, path)))
            if not self.keep_alive:
                opened.pop(port).close()
        for each in opened.values():
            each.close()

    def failed(self) -> list[str]:
        """What was wrong with the answers that were not right."""
        found = [(wrong(answer, number), answer) for number, answer in self.answers]
        return [f"{text} (after {answer.seconds:.2f} s)" for text, answer in found if text]

    def versions(self) -> set[int]:
        """The versions that answered."""
        return {answer.body["model"]["version"] for _, answer in self.answers if answer.status == 200}


@contextmanager
def load(choose_port: Callable[[], int] | int, callers: int = 4, **options: Any) -> Iterator[Load]:  # noqa: ANN401 - fields of Load
    """Callers at work; they have stopped after the block."""
    chosen = (lambda: choose_port) if isinstance(choose_port, int) else choose_port
    running = Load(chosen, **options)
    threads = [threading.Thread(target=running.run, args=(seed,)) for seed in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        running.stop.set()
        for thread in threads:
            thread.join(60)


def _read(content: bytes, kind: str) -> Any:  # noqa: ANN401 - JSON can be anything
    try:
        return json.loads(content) if kind.endswith("json") else content
    except ValueError:
        return content
