"""The HTTP server: connections, bodies, time limits, CORS, and the metrics page."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web

from serving.model_server.backend import Backend
from serving.model_server.rest.answers import HttpAnswer, answer, failed, is_known
from serving.model_server.rest.compression import inflate
from serving.model_server.rest.responses import (
    MAX_REQUEST_BYTES,
    page,
    response_of,
    without_default_errors,
    without_server_name,
)
from serving.model_server.status import Code, StatusError, invalid_argument

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}


@dataclass(frozen=True)
class RestOptions:
    """Options of the HTTP server.

    Attributes:
        address: address to listen on.
        port: TCP port.
        threads: threads that work on requests.
        timeout: seconds after which a request is answered with 504.
        cors: whether to send CORS headers.
        metrics_path: path of the metrics page, or None.
        drain: seconds that running requests get once the server stops.
    """

    address: str
    port: int
    threads: int = 8
    timeout: float = 30.0
    cors: bool = False
    metrics_path: str | None = None
    drain: float = 30.0


class RestServer:
    """An HTTP server in its own thread."""

    def __init__(self, backend: Backend, options: RestOptions) -> None:
        self._backend = backend
        self._options = options
        self._threads = ThreadPoolExecutor(options.threads, "rest")
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            StatusError: INVALID_ARGUMENT, the port is taken.
        """
        try:
            self._loop.run_until_complete(self._listen())
        except OSError as error:
            raise invalid_argument(f"Cannot listen on port {self._options.port}: {error.strerror}") from error
        threading.Thread(target=self._loop.run_forever, name="rest", daemon=True).start()

    def stop(self) -> None:
        """Accept no more requests, and wait for those that run."""
        if self._runner:
            cleaned = asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop)
            cleaned.result(self._options.drain + 5)

    async def _listen(self) -> None:
        options = self._options
        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[without_default_errors])
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(without_server_name)
        self._runner = web.AppRunner(
            app, auto_decompress=False, access_log=None, handle_signals=False, shutdown_timeout=options.drain
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, options.address, options.port).start()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        if request.method not in _METHODS:
            return page(501, "Not Implemented")
        if self._options.metrics_path and path.partition("?")[0] == self._options.metrics_path:
            return self._metrics(path)
        if not is_known(path):
            return page(404, "Not Found")
        if request.method == "OPTIONS":
            allowed = request.headers.get("Origin", "").startswith("http")
            reply = HttpAnswer(200 if allowed else 400, content_type="text/html; charset=ISO-8859-1")
        else:
            try:
                body = _plain(await request.read(), request)
            except ConnectionError:  # the caller left in the middle, which is no news
                return page(400, "Bad Request")
            reply = await self._answer(request.method, path, body)
        return response_of(reply, _CORS if self._options.cors else {}, head=request.method == "HEAD")

    async def _answer(self, method: str, path: str, body: bytes) -> HttpAnswer:
        work = self._loop.run_in_executor(self._threads, answer, self._backend, method, path, body)
        try:
            return await asyncio.wait_for(work, self._options.timeout)
        except asyncio.TimeoutError:
            return failed(StatusError(Code.DEADLINE_EXCEEDED, "Timed out waiting for notification"))

    def _metrics(self, path: str) -> web.Response:
        expected = self._options.metrics_path
        if path != expected:
            reply = HttpAnswer(400, f"Unexpected path: {path}. Should be {expected}", "text/plain")
        else:
            reply = HttpAnswer(200, self._backend.metrics.page(), "text/plain")
        return response_of(reply, {})


def _plain(body: bytes, request: web.Request) -> bytes:
    """Decompress a body; one that cannot be decompressed counts as empty.

    Raises:
        HTTPRequestEntityTooLarge: it exceeds ``MAX_REQUEST_BYTES``.
    """
    if "gzip" not in request.headers.get("Content-Encoding", ""):
        return body
    plain = inflate(body, MAX_REQUEST_BYTES)
    if plain is None:
        raise web.HTTPRequestEntityTooLarge(MAX_REQUEST_BYTES, MAX_REQUEST_BYTES + 1)
    return plain
