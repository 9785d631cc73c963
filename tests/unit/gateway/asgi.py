"""Requests to the gateway as its server runs it: in greenlets on an event loop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from serving.gateway.app import Gateway
from serving.gateway.server.application import Application
from serving.gateway.server.limits import ServerLimits


@dataclass
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def code(self) -> str:
        """The code of a problem, or an empty string."""
        return str(orjson.loads(self.content).get("code", "")) if self.status >= 400 else ""


class Caller:
    """Calls one app through the server's application."""

    def __init__(self, app: Gateway, limits: ServerLimits | None = None) -> None:
        self._application = Application(app, limits or ServerLimits())

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """What a request that has just arrived is answered with."""
        fields = {"host": "x", "content-length": str(len(body)), **(headers or {})}
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 5000),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "state": {"arrived": time.monotonic()},
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._application(scope, receive, send)
        start, content = sent
        answered = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], answered, content["body"])
