"""The ASGI application: collects a body, admits the request or sheds it, and runs the WSGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from serving.errors import ServiceError
from serving.gateway.server import bridge
from serving.gateway.server.admission import Admission, overloaded
from serving.gateway.server.environ import Body, Budget, Environ, environ_of
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.shares import Share

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]
Message = dict[str, Any]
CLOSE = (b"connection", b"close")

log = logging.getLogger(__name__)


class WsgiApplication(Protocol):
    """What the server runs: a WSGI application that also answers what never reaches it."""

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""

    def refuse(self, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body for a request that the server refuses; counts and logs it as well."""

    def drain(self) -> None:
        """Fail readiness from now on."""


class Application:
    """Runs a WSGI application under an ASGI server, one greenlet per request.

    Attributes:
        wsgi: the application.
        limits: bounds of this worker.
        share: this worker's place among the others.
        admission: which requests are taken in.
        is_closing: whether every answer is the last on its connection.
    """

    def __init__(self, wsgi: WsgiApplication, limits: ServerLimits, share: Share | None = None) -> None:
        self._budget = Budget()
        self.wsgi, self.limits = wsgi, limits
        self.share = share or Share([0], 0)
        self.admission = Admission(limits)
        self.is_closing = False

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer one request; it may have a place already."""
        answer = await self._answer(scope, receive)
        if answer is None:
            return
        status, headers, content = answer
        if self.is_closing:
            headers.append(CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def refuse(self, error: ServiceError, method: str, path: str) -> Answer:
        """The answer to a request that does not reach the WSGI application."""
        headers, content = self.wsgi.refuse(error, method, path)
        return error.status, [*_encoded(headers), _length(content)], content

    async def _answer(self, scope: Message, receive: Callable[..., Any]) -> Answer | None:
        """The answer to a request, or None when there is nobody to answer."""
        body = Body(self.limits, self._budget)
        try:
            if not await _receive(body, receive):
                return None
            refusal: ServiceError | None = body.refusal
            if refusal is None and not self.admission.take(scope):
                refusal = overloaded()
            if refusal is None:
                # Requests that came together are all admitted or shed before the first of them computes.
                await asyncio.sleep(0)
                return await bridge.run(self._call, environ_of(scope, body))
        except Exception:
            log.exception("the application failed")
            refusal = ServiceError("An internal error occurred. Report it with the request id.")
        finally:
            self.admission.leave(scope)
            body.discard()
        return self.refuse(refusal, scope["method"], scope["path"])

    def _call(self, environ: Environ) -> Answer:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            started[:] = int(status[:3]), _encoded(headers)

        pieces = self.wsgi(environ, start_response)
        try:
            content = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        status, headers = started
        if not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append(_length(content))
        return status, headers, content


async def _receive(body: Body, receive: Callable[..., Any]) -> bool:
    """Collect a body, also one that is refused, so that the client sees the answer.

    Returns:
        Whether it came: False when the connection ended first or the protocol refused the request.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return False
        if message["body"]:
            body.write(message["body"])
        more = message.get("more_body", False)
    return True


def _encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _length(content: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % len(content)
