"""The way in: from bytes to a whole request that is being answered, or to a refusal."""

from __future__ import annotations

import math
from collections.abc import Callable
from selectors import EVENT_READ
from time import monotonic

from gunicorn.http.errors import ParseException

from serving.gateway.worker.connections import Connection, State
from serving.gateway.worker.crew import Crew
from serving.gateway.worker.limits import Limits
from serving.gateway.worker.refusals import CUT_OFF, OVERLOADED, Refusal, Refused, refusal_for
from serving.gateway.worker.registry import Registry
from serving.gateway.worker.sending import READ_SIZE, Sender

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Reader:
    """Reads requests, refuses those that are not acceptable and queues the others.

    Attributes:
        last: set when the answers are to be the last of their connections.
        sent_ahead: connections that may hold a whole request already, sent before the last answer was out.
    """

    def __init__(
        self,
        registry: Registry,
        limits: Limits,
        crew: Crew,
        idle_seconds: float,
        count_refusal: Callable[[str], None],
        parts_with_one: Callable[[], bool],
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._crew = crew
        self._idle_seconds = idle_seconds
        self._count_refusal, self._parts_with_one = count_refusal, parts_with_one
        self._sender = Sender(registry, limits.response_seconds, self._await_next)
        self.last = not idle_seconds
        self.sent_ahead: list[Connection] = []

    @property
    def sender(self) -> Sender:
        """The way out of the same connections."""
        return self._sender

    def await_request(self, connection: Connection, seconds: float) -> None:
        """Wait for a request to begin."""
        connection.state = State.READING
        connection.began = monotonic()
        connection.deadline = connection.began + seconds
        self._registry.watch(connection, EVENT_READ)

    def read(self, connection: Connection) -> None:
        """Take what has come on a connection."""
        try:
            piece = connection.sock.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            return self._registry.close(connection)
        if piece:
            if connection.idle:
                connection.began = monotonic()
            self.feed(connection, piece)
        elif connection.idle:
            self._registry.close(connection)
        else:
            self.refuse(connection, CUT_OFF)

    def feed(self, connection: Connection, piece: bytes) -> None:
        """Take bytes of a connection that is being read; empty for those that were sent ahead."""
        arrival = connection.arrival
        try:
            arrival.feed(piece)
        except (ParseException, Refused) as error:
            return self.refuse(connection, refusal_for(error))
        complete = arrival.take()
        if complete is not None:
            connection.request, connection.body = complete
            return self._dispatch(connection)
        if arrival.awaits_continue and not self._continue(connection):
            return self._registry.close(connection)
        seconds = self._limits.request_seconds
        if arrival.request is None:
            seconds = min(seconds, self._limits.head_seconds)
        connection.deadline = connection.began + seconds
        return None

    def refuse(self, connection: Connection, refusal: Refusal) -> None:
        """Answer a request that is not taken, and close: where the next one begins is not known."""
        self._count_refusal(refusal.code)
        connection.arrival.close()
        self._sender.tell(connection, refusal.encode(), keep_open=False)

    def _await_next(self, connection: Connection) -> None:
        self.await_request(connection, self._idle_seconds)
        if connection.arrival.buffer:
            self.sent_ahead.append(connection)

    def _continue(self, connection: Connection) -> bool:
        """Ask for the body; whether the connection is still there."""
        connection.arrival.request._expected_100_continue = False
        try:
            connection.sock.send(CONTINUE)
        except OSError:
            return False
        return True

    def _dispatch(self, connection: Connection) -> None:
        request = connection.request
        request._expected_100_continue = False  # with the body here, nobody waits for it
        connection.last = self.last or (not connection.arrival.buffer and self._parts_with_one())
        connection.state, connection.deadline = State.ANSWERING, math.inf
        if not self._crew.take(connection):
            self._shed(connection)

    def _shed(self, connection: Connection) -> None:
        self._count_refusal(OVERLOADED.code)
        keep_open = not connection.last and not connection.request.should_close()
        answer = OVERLOADED.encode(keep_open=keep_open, with_body=connection.request.method != "HEAD")
        connection.release()
        self._sender.tell(connection, answer, keep_open=keep_open)
