"""Clients that never stop asking, and count what they got."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Load:
    """Concurrent clients, each with one connection it keeps, until the port is closed.

    Attributes:
        port: where to ask.
        path: what to ask.
        body: a picture.
        expected: the label that each answer must have.
        outcomes: how often what happened: ``200``, another status, ``lost`` (sent, not answered), ``wrong``.
    """

    port: int
    path: str
    body: bytes
    expected: bytes
    clients: int = 8
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(self.clients)]
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> None:
        """Return when every client found the port closed."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a client still waits"

    def _ask(self) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.connect()
            except OSError:
                return  # nobody listens any more
            self._use(connection)
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> None:
        """Ask over one connection until the server says that it closes it."""
        while True:
            try:
                connection.request("POST", self.path, self.body, {"Content-Type": "image/png"})
                reply = connection.getresponse()
                content = reply.read()
            except (OSError, http.client.HTTPException):
                return self._count("lost")
            right = reply.status != 200 or self.expected in content
            self._count(str(reply.status) if right else "wrong")
            if reply.will_close:
                return None

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
