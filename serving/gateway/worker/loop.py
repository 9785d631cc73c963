"""The gunicorn worker class: start, run, drain, end."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any, ClassVar

from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.glogging import Logger
from gunicorn.sock import BaseSocket
from gunicorn.workers.base import Worker

from serving.gateway import drain
from serving.gateway.worker.configuration import Remembered
from serving.gateway.worker.connections import Connection
from serving.gateway.worker.fairness import Fairness
from serving.gateway.worker.limits import Limits
from serving.gateway.worker.metrics_files import refusal_counter
from serving.gateway.worker.responses import answer
from serving.gateway.worker.shares import Share
from serving.gateway.worker.traffic import Traffic

TURN_SECONDS = 0.5
LAST_CALL_SECONDS = 1.0
"""How long idle connections stay once the port is closed: a client may just be sending on one."""

ACCEPTED_AT_ONCE = 16
"""New connections that are taken in a turn of the loop, which may take long under load."""

GLANCE_SECONDS = 0.001
"""How often a worker that leaves connections to others looks whether they still have fewer."""


class GatewayWorker(Worker):  # type: ignore[misc]
    """An event loop that reads requests and writes to slow readers, and the crew that answers.

    ``with_limits`` makes a class with other limits than the default. TLS and the PROXY protocol belong to
    the proxy in front.
    """

    limits: ClassVar[Limits] = Limits()
    alive: bool
    cfg: Any
    asked_to_stop = False
    share: Share | None = None
    """Its place among the workers that share a port; None for a worker that knows of no others."""

    @classmethod
    def check_config(cls, cfg: Config, _log: Logger) -> None:
        """Refuse settings that this worker does not heed.

        Raises:
            ConfigError: naming what to unset.
        """
        if cfg.is_ssl or cfg.proxy_protocol != "off":
            raise ConfigError("leave TLS and the PROXY protocol to the proxy in front")

    def run(self) -> None:
        """Serve until told to stop, then drain; called by gunicorn in the worker process."""
        self.cfg = Remembered(self.cfg)
        self._open = True
        self._listening = False
        self._fairness = Fairness(self.share)
        self._traffic = Traffic(
            self.cfg,
            self.limits,
            self.log,
            partial(_answer, self),
            self._wake,
            refusal_counter(),
            self._fairness.parts_with_one,
        )
        self._traffic.connections.watch_for(self.PIPE[0], self._woken)
        while self.alive:
            self._turn(TURN_SECONDS)
            if self.ppid != os.getppid():
                self.log.info("the parent process is gone: ending")
                break
        self._drain()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note SIGTERM; the loop does the rest."""
        self.asked_to_stop = True
        super().handle_exit(sig, frame)

    def count_request(self) -> None:
        """Count an answer towards ``max_requests``."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("restarting after %d requests", self.nr)
            self.alive = False

    def _turn(self, seconds: float) -> None:
        self.notify()
        wanted = self._wants_more()
        if self._listening != wanted:
            self._listen(wanted)
        leaves_some = self._open and not wanted and self._traffic.has_room
        self._traffic.turn(min(seconds, GLANCE_SECONDS) if leaves_some else seconds)
        if self._open:
            self._fairness.note(len(self._traffic.connections))

    def _wants_more(self) -> bool:
        return self._open and self._traffic.has_room and self._fairness.takes_more()

    def _accept(self, listener: BaseSocket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not (self._wants_more() and self._traffic.accept(listener)):
                break
            self._fairness.took_one(len(self._traffic.connections))

    def _turn_until(self, end: float, done: Callable[[], bool] = lambda: False) -> None:
        while not done() and (left := end - monotonic()) > 0:
            self._turn(min(left, 0.1))

    def _drain(self) -> None:
        connections = self._traffic.connections
        end = monotonic() + self.cfg.graceful_timeout - 2 * TURN_SECONDS
        self._traffic.last_answers()
        if self.asked_to_stop:
            drain.begin()
            self._turn_until(min(monotonic() + self.limits.drain_seconds, end))
        self._close_port()
        self._turn_until(min(monotonic() + LAST_CALL_SECONDS, end), lambda: not len(connections))
        connections.close_longest_idle(len(connections))
        self._turn_until(end, lambda: not len(connections))
        if len(connections):
            self.log.warning("%d connections were cut off: they took longer than allowed", len(connections))
        connections.close_all()

    def _listen(self, wanted: bool) -> None:
        for listener in self.sockets:
            if wanted:
                self._traffic.connections.watch_for(listener, partial(self._accept, listener))
            else:
                self._traffic.connections.unwatch(listener)
        self._listening = wanted

    def _close_port(self) -> None:
        """Take in what already waits, then close."""
        self._open = False
        self._fairness.leave()
        for listener in self.sockets:
            if self._listening:
                self._traffic.connections.unwatch(listener)
            while self._traffic.accept(listener):
                continue
            listener.close()
        self._listening = False

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self.PIPE[1], b"1")

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            os.read(self.PIPE[0], 4096)


def with_limits(limits: Limits) -> type[GatewayWorker]:
    """The worker class with these limits, for gunicorn's ``worker_class``."""
    return type("GatewayWorker", (GatewayWorker,), {"limits": limits})


def _answer(worker: GatewayWorker, connection: Connection) -> bool:
    worker.count_request()
    return answer(worker, connection)
