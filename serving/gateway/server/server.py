"""Uvicorn's server with a drain in two steps, enforced deadlines and its own way to accept."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import cast

import uvicorn

from serving.gateway.server.application import Application
from serving.gateway.server.listener import Listener
from serving.gateway.server.protocol import Phase, Protocol
from serving.gateway.server.shares import Share

SWEEP_TICKS = 5
TICK_SECONDS = 0.1
LAST_CALL_SECONDS = 1.0
"""How long idle connections stay open once the port is closed: a client may just be sending on one."""
EVICTED_AT_ONCE = 64

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Serves one application on sockets that gunicorn bound.

    Args:
        config: uvicorn's.
        application: what it serves.
        share: this worker's place among the others, or None when it is alone.
    """

    def __init__(self, config: uvicorn.Config, application: Application, share: Share | None) -> None:
        super().__init__(config)
        self._application, self._share = application, share
        self._limits = application.limits
        self._parent = os.getppid()
        self._asked_to_stop = False

    @property
    def connections(self) -> list[Protocol]:
        """The open connections."""
        return [cast(Protocol, each) for each in self.server_state.connections]

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain at SIGTERM; at SIGINT and SIGQUIT end without waiting."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGINT, self._stop_now)
        loop.add_signal_handler(signal.SIGQUIT, self._stop_now)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets=[])
        loop = asyncio.get_running_loop()

        def protocol() -> Protocol:
            return Protocol(self.config, self.server_state, {}, loop)

        self._listener = Listener(
            sockets or [],
            lambda accepted: loop.connect_accepted_socket(protocol, accepted),
            lambda: len(self.server_state.connections),
            self._limits.connections,
            lambda: self.close_longest_idle(EVICTED_AT_ONCE),
            self._share,
        )

    async def on_tick(self, counter: int) -> bool:
        """Enforce deadlines, publish the number of connections, and end when gunicorn has."""
        if counter % SWEEP_TICKS == 0:
            now = monotonic()
            for connection in self.connections:
                connection.expire(now)
        if self._share is not None:
            self._share.note(self._listener.connections)
        if os.getppid() != self._parent and not self.should_exit:
            self.should_exit = True
            log.warning("gunicorn's main process is gone: stopping")
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - closed by the listener
        """Fail readiness, then close the port, then wait for what is under way."""
        self._application.is_closing = True
        if self._asked_to_stop:
            self._application.drain()
            await self._tick_until(monotonic() + self._limits.drain_seconds, lambda: False)
        self._listener.close()
        if not self.force_exit:
            end = monotonic() + self._limits.grace_seconds
            await self._tick_until(min(monotonic() + LAST_CALL_SECONDS, end), self._is_empty)
            self.close_longest_idle(len(self.connections))
            await self._tick_until(end, self._is_empty)
        if self.connections:
            log.warning("%d connections were cut off: they took longer than allowed", len(self.connections))
            self.force_exit = True
            for connection in self.connections:
                connection.transport.abort()
        await super().shutdown()

    def close_longest_idle(self, most: int) -> None:
        """Close up to ``most`` connections that wait for a request to begin, the longest idle first."""
        idle = [each for each in self.connections if each.phase is Phase.IDLE]
        for connection in sorted(idle, key=lambda each: each.began)[:most]:
            connection.close_idle()

    def _is_empty(self) -> bool:
        return not self._listener.connections

    async def _tick_until(self, end: float, done: Callable[[], bool]) -> None:
        counter = 0
        while not done() and monotonic() < end and not self.force_exit:
            counter += 1
            await asyncio.sleep(TICK_SECONDS)
            await self.on_tick(counter)

    def _stop(self) -> None:
        self._asked_to_stop = self.should_exit = True

    def _stop_now(self) -> None:
        self.should_exit = self.force_exit = True
