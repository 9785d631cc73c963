"""The gunicorn worker class: uvicorn's, with this package's protocol and server."""

from __future__ import annotations

from typing import Any, ClassVar

import uvloop
from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.glogging import Logger
from uvicorn_worker import UvicornWorker

from serving.gateway.server.application import Application
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.protocol import Protocol
from serving.gateway.server.server import Server
from serving.gateway.server.shares import Share


class GatewayWorker(UvicornWorker):  # type: ignore[misc]
    """Runs a WSGI application on an event loop.

    Attributes:
        limits: bounds of each worker; gunicorn's configuration may set others.
        share: this one's place among those that share a port; gunicorn's ``pre_fork`` hook sets it.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "http": Protocol,
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "access_log": False,
        "server_header": False,
    }
    limits = ServerLimits()
    share: Share | None = None

    @classmethod
    def check_config(cls, cfg: Config, _log: Logger) -> None:
        """Refuse settings that this worker does not honour.

        Raises:
            ConfigError: naming what to unset.
        """
        if cfg.is_ssl or cfg.proxy_protocol != "off":
            raise ConfigError("leave TLS and the PROXY protocol to the proxy in front")

    def run(self) -> None:
        """Serve until told to stop, then drain; gunicorn calls this in the worker process."""
        self.config.app = application = Application(self.wsgi, self.limits, self.share)
        sockets = [listener.sock for listener in self.sockets]
        uvloop.run(Server(self.config, application).serve(sockets))
