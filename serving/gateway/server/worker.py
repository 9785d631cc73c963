"""The gunicorn worker class: uvicorn's, with our protocol, a drain in two steps and our own way to accept."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any, ClassVar, cast

import uvicorn
import uvloop
from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.glogging import Logger
from uvicorn_worker import UvicornWorker

from serving.gateway.server.application import Application
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.listener import Listener
from serving.gateway.server.protocol import Protocol
from serving.gateway.server.shares import Share

SWEEP_TICKS = 5
TICK_SECONDS = 0.1
LAST_CALL_SECONDS = 1.0
"""How long idle connections stay open once the port is closed: a client may just be sending on one."""

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Serves one application on sockets that gunicorn bound."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application, self._limits = application, application.limits
        self._parent = os.getppid()
        self._connections = cast("set[Protocol]", self.server_state.connections)
        self._drains = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals on the loop, SIGQUIT as well."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            asyncio.get_running_loop().add_signal_handler(number, self.handle_exit, number, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's own signature
        """Drain at SIGTERM; at SIGINT and SIGQUIT end without waiting."""
        self.should_exit = True
        if sig == signal.SIGTERM:
            self._drains = True
        else:
            self.force_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets=[])
        self._listener = Listener(
            sockets or [],
            partial(Protocol, self.config, self.server_state, {}, asyncio.get_running_loop()),
            self._connections,
            self._limits.connections,
            self._application.share,
        )

    async def on_tick(self, counter: int) -> bool:
        """Enforce deadlines, publish the number of connections, and end when gunicorn has."""
        if counter % SWEEP_TICKS == 0:
            now = monotonic()
            for connection in [*self._connections]:
                connection.expire(now)
        if self._listener.sockets:
            self._application.share.note(self._listener.connections)
        if os.getppid() != self._parent and not self.should_exit:
            self.should_exit = True
            log.warning("gunicorn's main process is gone: stopping")
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - closed by the listener
        """Fail readiness, then close the port, then wait for what is under way."""
        self._application.is_closing = True
        if self._drains:
            self._application.wsgi.drain()
            await self._tick_until(monotonic() + self._limits.drain_seconds, also_empty=True)
        self._listener.close()
        if not self.force_exit:
            end = monotonic() + self._limits.grace_seconds
            await self._tick_until(min(monotonic() + LAST_CALL_SECONDS, end))
            self._listener.close_longest_idle(len(self._connections))
            await self._tick_until(end)
        if self._connections:
            log.warning("%d connections were cut off: they took longer than allowed", len(self._connections))
            self.force_exit = True
            for connection in [*self._connections]:
                connection.transport.abort()
        await super().shutdown()

    async def _tick_until(self, end: float, *, also_empty: bool = False) -> None:
        """Wait until then, or, unless connections may still come, until there are none."""
        counter = 0
        while (also_empty or self._listener.connections) and monotonic() < end and not self.force_exit:
            counter += 1
            await asyncio.sleep(TICK_SECONDS)
            await self.on_tick(counter)


class GatewayWorker(UvicornWorker):  # type: ignore[misc]
    """Runs a WSGI application on an event loop."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "http": Protocol,
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "access_log": False,
        "server_header": False,
    }
    limits = ServerLimits()  # of each worker; gunicorn's configuration may set others
    share: Share | None = None  # this one's place; gunicorn's ``pre_fork`` hook sets it

    @classmethod
    def check_config(cls, cfg: Config, _log: Logger) -> None:
        """Refuse settings that this worker does not honour, with a ConfigError."""
        if cfg.is_ssl or cfg.proxy_protocol != "off":
            raise ConfigError("leave TLS and the PROXY protocol to the proxy in front")

    def run(self) -> None:
        """Serve until told to stop, then drain; gunicorn calls this in the worker process."""
        self.config.app = application = Application(self.wsgi, self.limits, self.share)
        sockets = [listener.sock for listener in self.sockets]
        uvloop.run(Server(self.config, application).serve(sockets))
