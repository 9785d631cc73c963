"""One connection: what it is doing, until when, and what it has not taken yet."""

from __future__ import annotations

import math
import socket
import threading
from enum import Enum, auto

from gunicorn.http.message import Request

from serving.gateway.worker.arrivals import Address, Arrival
from serving.gateway.worker.bodies import Body


class State(Enum):
    """What a connection is doing. All but ANSWERING belong to the loop."""

    READING = auto()  # waits for a request, or for the rest of one
    ANSWERING = auto()  # its request is with a fiber or a thread, or waits for one
    SENDING = auto()  # the reader has not taken the whole answer
    LINGERING = auto()  # our side is closed; waits for the other to see it
    CLOSED = auto()


class ReaderTooSlow(OSError):
    """Readers leave more bytes untaken than a worker keeps."""


class Unsent:
    """Counts the bytes that readers have not taken; whoever answers adds, the loop subtracts."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count ``size`` more.

        Raises:
            ReaderTooSlow: when that is too much.
        """
        with self._lock:
            if self._used + size > self._limit:
                raise ReaderTooSlow(f"readers have left more than {self._limit} bytes untaken")
            self._used += size

    def subtract(self, size: int) -> None:
        """Count ``size`` less."""
        with self._lock:
            self._used -= size


class Connection:
    """A client's connection.

    Attributes:
        sock: its socket, never blocking.
        client: the peer's address.
        server: the address it connected to.
        arrival: the request being read.
        state: see ``State``.
        deadline: when the state ends by force, on the monotonic clock.
        began: when the request being read began, or the connection began to wait for one.
        request: the request being answered, with its ``body``.
        last: whether the answer is to be the connection's last.
        keep_open: whether, once answered, the connection waits for another request.
        broken: whether the answer broke off, so that nothing more can be sent.
        pending: answer bytes the reader has not taken.
        watched: the selector's events it is registered for, 0 when it is not.
        discarded: bytes thrown away while lingering.
    """

    __slots__ = (
        "arrival", "began", "body", "broken", "client", "deadline", "discarded", "keep_open", "last",
        "pending", "request", "server", "sock", "state", "unsent", "watched",
    )  # fmt: skip

    def __init__(
        self, sock: socket.socket, client: Address, server: Address, arrival: Arrival, unsent: Unsent
    ) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.arrival = arrival
        self.unsent = unsent
        self.state = State.READING
        self.deadline = math.inf
        self.began = 0.0
        self.request: Request = None
        self.body: Body | None = None
        self.last = False
        self.keep_open = True
        self.broken = False
        self.pending = bytearray()
        self.watched = 0
        self.discarded = 0

    @property
    def idle(self) -> bool:
        """Whether it waits for a request of which nothing has come."""
        return self.state is State.READING and not self.arrival.begun

    def send(self, data: bytes) -> None:
        """Send what the reader takes at once and keep the rest.

        Raises:
            OSError: when the connection is gone, or there is no more room for the rest.
        """
        sent = 0
        if not self.pending:
            try:
                sent = self.sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
        if sent < len(data):
            self.unsent.add(len(data) - sent)
            self.pending += memoryview(data)[sent:]

    def send_pending(self) -> None:
        """Send more of what was kept.

        Raises:
            OSError: when the connection is gone.
        """
        try:
            sent = self.sock.send(self.pending)
        except (BlockingIOError, InterruptedError):
            return
        del self.pending[:sent]
        self.unsent.subtract(sent)

    def release(self) -> None:
        """Let go of the request that was answered."""
        if self.body is not None:
            self.body.close()
        self.request = self.body = None

    def close(self) -> None:
        """Close the socket and let go of everything."""
        self.state = State.CLOSED
        self.release()
        self.arrival.close()
        self.unsent.subtract(len(self.pending))
        self.pending = bytearray()
        self.sock.close()
