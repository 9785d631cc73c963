"""The way out: what a connection goes through once its answer is written."""

from __future__ import annotations

import socket
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic

from serving.gateway.worker.connections import Connection, State
from serving.gateway.worker.limits import SLOWEST_READER
from serving.gateway.worker.registry import Registry

LINGER_SECONDS = 2.0
LINGER_BYTES = 16_000_000
READ_SIZE = 65_536


class Sender:
    """Sends what readers have not taken, then waits for the next request or closes.

    Args:
        registry: the connections.
        response_seconds: see ``Limits``.
        await_request: called with a connection that stays open.
    """

    def __init__(
        self, registry: Registry, response_seconds: float, await_request: Callable[[Connection], None]
    ) -> None:
        self._registry = registry
        self._response_seconds = response_seconds
        self._await_request = await_request

    def tell(self, connection: Connection, answer: bytes, *, keep_open: bool) -> None:
        """Send an answer of the worker's own."""
        connection.keep_open = keep_open
        try:
            connection.send(answer)
        except OSError:
            self._registry.close(connection)
        else:
            self.proceed(connection)

    def proceed(self, connection: Connection) -> None:
        """Go on after an answer, as far as the reader has taken it."""
        if connection.pending:
            connection.state = State.SENDING
            patience = self._response_seconds + len(connection.pending) / SLOWEST_READER
            connection.deadline = monotonic() + patience
            self._registry.watch(connection, EVENT_WRITE)
        elif connection.keep_open:
            self._await_request(connection)
        else:
            self._linger(connection)

    def send(self, connection: Connection) -> None:
        """Send more to a reader that is ready for it."""
        try:
            connection.send_pending()
        except OSError:
            self._registry.close(connection)
        else:
            if not connection.pending:
                self.proceed(connection)

    def discard(self, connection: Connection) -> None:
        """Throw away what still comes on a connection whose last answer is out."""
        try:
            piece = connection.sock.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        connection.discarded += len(piece)
        if not piece or connection.discarded > LINGER_BYTES:
            self._registry.close(connection)

    def _linger(self, connection: Connection) -> None:
        """Close our side and wait for the other: closing with bytes unread would take the answer back."""
        connection.state = State.LINGERING
        connection.deadline = monotonic() + LINGER_SECONDS
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._registry.close(connection)
        else:
            self._registry.watch(connection, EVENT_READ)
