"""The event loop's side of a worker: all its connections, and what happens when one is ready."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from time import monotonic

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.sock import BaseSocket

from serving.gateway.worker.arrivals import Arrival
from serving.gateway.worker.bodies import Budget
from serving.gateway.worker.connections import Connection, State, Unsent
from serving.gateway.worker.crew import Crew
from serving.gateway.worker.limits import Limits
from serving.gateway.worker.reading import Reader
from serving.gateway.worker.refusals import BODY_TOO_SLOW, HEAD_TOO_SLOW
from serving.gateway.worker.registry import Registry

SWEEP_SECONDS = 0.5
EVICTED_AT_ONCE = 64
NO_MORE_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Traffic:
    """All connections of one worker.

    Everything runs in the loop's thread but ``_answer`` and what wakes it. A connection that is being
    answered stays registered for reading; only when it sends ahead is it taken off until the answer is
    out, so that a usual request costs no change of the selector and no wake-up of the loop.

    Args:
        cfg: gunicorn's configuration: ``threads``, ``keepalive``, ``worker_connections``, header limits.
        limits: see ``Limits``.
        log: gunicorn's.
        answer: runs the application for a request, in a thread or a fiber; tells whether the connection
            stays open.
        wake: makes a sleeping loop return from ``turn``; called from threads.
        count_refusal: takes the code of each refusal.
        parts_with_one: whether the answer to a request is to be its connection's last all the same.
    """

    def __init__(
        self,
        cfg: Config,
        limits: Limits,
        log: Logger,
        answer: Callable[[Connection], bool],
        wake: Callable[[], None],
        count_refusal: Callable[[str], None],
        parts_with_one: Callable[[], bool] = lambda: False,
    ) -> None:
        self._cfg = cfg
        self._limits = limits
        self._log = log
        self._run_application = answer
        self._wake = wake
        self._budget = Budget()
        self._unsent = Unsent(limits.unsent_bytes)
        self._answered: deque[Connection] = deque()
        self._asleep = False
        self._swept = 0.0
        self._out_of_descriptors = False
        self.connections = Registry(self._ready)
        self._crew = Crew(limits, cfg.threads, self._answer, self._wake_if_asleep)
        self._reader = Reader(
            self.connections, limits, self._crew, cfg.keepalive, count_refusal, parts_with_one
        )

    @property
    def has_room(self) -> bool:
        """Whether another connection can be taken."""
        return not self._out_of_descriptors and len(self.connections) < self._cfg.worker_connections

    def turn(self, timeout: float) -> None:
        """Wait for something to happen, ``timeout`` seconds at most, and deal with it."""
        self._asleep = True  # before looking at what threads have done, so that nothing done later is missed
        self._settle()
        patience = 0 if self._reader.sent_ahead else self._crew.hub.patience(timeout)
        events, too_many = self.connections.wait(patience, self._crew.room)
        self._asleep = False
        self._settle()
        self._crew.hub.run()
        for event in events:
            event()
        self._crew.hub.run()
        self._crew.is_full = True
        for event in too_many:
            event()
        self._crew.is_full = False
        self._take_sent_ahead()
        now = monotonic()
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._sweep(now)

    def accept(self, listener: BaseSocket) -> bool:
        """Take one waiting connection; False when there is none or the process has no descriptor left."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in NO_MORE_DESCRIPTORS:
                raise
            self._log.warning("no more connections for a moment: %s", error.strerror)
            self._out_of_descriptors = True
            return False
        sock.setblocking(False)
        arrival = Arrival(self._cfg, client, self._limits, self._budget)
        connection = Connection(sock, client, listener.getsockname(), arrival, self._unsent)
        self.connections.add(connection)
        self._reader.await_request(connection, self._limits.head_seconds)
        if not self.has_room:
            self.connections.close_longest_idle(EVICTED_AT_ONCE)
        return True

    def last_answers(self) -> None:
        """From now on every answer is the last of its connection."""
        self._reader.last = True

    def _ready(self, connection: Connection) -> None:
        try:
            self._handle(connection)
        except Exception:  # noqa: BLE001 - one connection's trouble must not end the others
            self._log.exception("closing a connection after an error of the worker's own")
            self.connections.close(connection)

    def _handle(self, connection: Connection) -> None:
        if connection.state is State.READING:
            self._reader.read(connection)
        elif connection.state is State.SENDING:
            self._reader.sender.send(connection)
        elif connection.state is State.LINGERING:
            self._reader.sender.discard(connection)
        elif connection.state is State.ANSWERING:
            self.connections.watch(connection, 0)

    def _answer(self, connection: Connection) -> None:
        """Answer a request; this and what wakes the loop are all that runs in threads."""
        connection.keep_open = self._run_application(connection)
        quiet = connection.keep_open and not connection.pending and not connection.arrival.buffer
        self._answered.append(connection)
        if self._asleep and not (quiet and connection.watched):
            self._wake()

    def _wake_if_asleep(self) -> None:
        if self._asleep:
            self._wake()

    def _settle(self) -> None:
        while self._answered:
            connection = self._answered.popleft()
            connection.release()
            if connection.broken:
                self.connections.close(connection)
            else:
                self._reader.sender.proceed(connection)

    def _take_sent_ahead(self) -> None:
        waiting, self._reader.sent_ahead = self._reader.sent_ahead, []
        for connection in waiting:
            if connection.state is State.READING:
                self._reader.feed(connection, b"")

    def _sweep(self, now: float) -> None:
        """End what has taken too long, and make room where there is none."""
        if not self.has_room:
            self._out_of_descriptors = False
            self.connections.close_longest_idle(EVICTED_AT_ONCE)
        for connection in self.connections:
            if connection.deadline > now:
                continue
            if connection.state is not State.READING or connection.idle:
                self.connections.close(connection)
            elif connection.arrival.request is None:
                self._reader.refuse(connection, HEAD_TOO_SLOW)
            else:
                self._reader.refuse(connection, BODY_TOO_SLOW)
