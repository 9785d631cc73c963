"""The ASGI application: collects a body, admits the request or sheds it, and runs the WSGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from serving.errors import NoRoom, Overloaded, ServiceError
from serving.gateway.server import bridge
from serving.gateway.server.admission import Admission, overloaded
from serving.gateway.server.bodies import Body, Budget
from serving.gateway.server.environ import Environ, environ_of
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.shares import Share

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]
Message = dict[str, Any]
CLOSE = (b"connection", b"close")
ADMITTED = "gateway.admitted"
"""Key in a request's state: whether it has a place."""

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

    Args:
        wsgi: the application.
        limits: bounds of this worker.
        share: this worker's place among the others, or None when it is alone.

    Attributes:
        is_closing: whether every answer is the last on its connection.
        admission: which requests are taken in.
    """

    def __init__(self, wsgi: WsgiApplication, limits: ServerLimits, share: Share | None = None) -> None:
        self.limits = limits
        self.is_closing = False
        self._wsgi = wsgi
        self._share = share
        self._budget = Budget()
        self.admission = Admission(limits)

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer one request; ``admit`` may have given it a place already."""
        try:
            answer = await self._answer(scope, receive)
        finally:
            if scope["state"].get(ADMITTED):
                self.admission.leave()
        if answer is None:
            return
        status, headers, content = answer
        if self.is_closing:
            headers.append(CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def admit(self, scope: Message) -> bool:
        """Give a complete request a place, unless it has one; False when all are taken."""
        state = scope["state"]
        if not state.get(ADMITTED):
            state[ADMITTED] = self.admission.take(scope["path"])
        return bool(state[ADMITTED])

    def refuse(self, error: ServiceError, method: str, path: str) -> Answer:
        """The answer to a request that does not reach the WSGI application."""
        headers, content = self._wsgi.refuse(error, method, path)
        length = (b"content-length", b"%d" % len(content))
        return error.status, [*_encoded(headers), length], content

    def drain(self) -> None:
        """Fail readiness and close each connection after its next answer."""
        self.is_closing = True
        self._wsgi.drain()

    def closes_one(self) -> bool:
        """Whether the answer to a request should be its connection's last; see ``Share.closes_one``."""
        return self._share is not None and self._share.closes_one()

    async def _answer(self, scope: Message, receive: Callable[..., Any]) -> Answer | None:
        """The answer to a request, or None when there is nobody to answer."""
        with Body(self.limits, self._budget) as body:
            try:
                if not await _receive(body, receive):
                    return None
                if not self.admit(scope):
                    raise overloaded()
                # Requests that came together are all admitted or shed before the first of them computes.
                await asyncio.sleep(0)
                return await bridge.run(self._call, environ_of(scope, body))
            except (NoRoom, Overloaded) as error:
                return self.refuse(error, scope["method"], scope["path"])
            except Exception:
                log.exception("the application failed")
                failure = ServiceError("An internal error occurred. Report it with the request id.")
                return self.refuse(failure, scope["method"], scope["path"])

    def _call(self, environ: Environ) -> Answer:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            started[:] = int(status[:3]), _encoded(headers)

        pieces = self._wsgi(environ, start_response)
        try:
            content = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        status, headers = started
        if not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append((b"content-length", b"%d" % len(content)))
        return status, headers, content


async def _receive(body: Body, receive: Callable[..., Any]) -> bool:
    """Collect a body; False when the connection ended first or the protocol refused the request.

    Raises:
        NoRoom: once the whole body has been read and thrown away, so that the client sees the answer.
    """
    refusal: NoRoom | None = None
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return False
        if refusal is None and message["body"]:
            try:
                body.write(message["body"])
            except NoRoom as error:
                refusal = error.again()
                body.discard()
        if not message.get("more_body", False):
            break
    if refusal is not None:
        raise refusal.again()
    return True


def _encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
