"""A connection that ends takes all that it holds with it."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from serving.errors import ServiceError
from serving.gateway.server import bridge
from serving.gateway.server.application import Application
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.protocol import Protocol

SLOW = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"


class Wsgi:
    """Answers when it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:  # noqa: ARG002
        bridge.wait_for(self.may_answer.wait())
        start_response("200 OK", [])
        return []

    def refuse(self, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:  # noqa: ARG002
        return [], b""

    def drain(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("then", [b"", b"malformed"], ids=["left", "refused"])
def test_a_request_sent_ahead_that_never_runs_is_freed_with_its_connection(then: bytes) -> None:
    async def main() -> weakref.ref[Protocol]:
        wsgi, state, loop = Wsgi(), ServerState(), asyncio.get_running_loop()
        application = Application(wsgi, ServerLimits())
        config = uvicorn.Config(application, ws="none", lifespan="off", interface="asgi3", log_config=None)
        config.app = application
        client, accepted = socket.socketpair()
        made = partial(Protocol, config, state, {}, loop)
        _, protocol = await loop.connect_accepted_socket(made, accepted)
        client.sendall(SLOW + UPLOAD + (b"other" + then if then else b""))
        while not protocol.pipeline:
            await asyncio.sleep(0)
        client.close()
        wsgi.may_answer.set()
        while state.connections or state.tasks:
            await asyncio.sleep(0)
        return weakref.ref(protocol)

    gc.disable()
    try:
        assert asyncio.run(main())() is None
    finally:
        gc.enable()
