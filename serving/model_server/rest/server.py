"""The HTTP server around the answers: connections, bodies, time limits, CORS, and the metrics page."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web

from serving.model_server.backend import Backend
from serving.model_server.rest import writer
from serving.model_server.rest.answers import HttpAnswer, answer, failed, is_known
from serving.model_server.status import Code, StatusError, invalid_argument

_REASONS = {504: "Gateway Time-out", 501: "Not Implemented"}
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}
_HTML = "text/html"
_GZIP_WINDOW = 31
MAX_REQUEST_BYTES = 128 * 2**20
"""The largest body, both as sent and unpacked: twice what the gateway takes."""


@dataclass(frozen=True)
class RestOptions:
    """How the HTTP server is set up.

    Attributes:
        address: to listen on.
        port: TCP port.
        threads: that work on requests.
        timeout: seconds after which a request is answered with 504.
        cors: whether to send CORS headers.
        metrics_path: where the metrics are, or None.
        drain: seconds that running requests may take once it is told to stop.
    """

    address: str
    port: int
    threads: int = 8
    timeout: float = 30.0
    cors: bool = False
    metrics_path: str | None = None
    drain: float = 30.0


class RestServer:
    """An HTTP server in a thread of its own."""

    def __init__(self, backend: Backend, options: RestOptions) -> None:
        self._backend = backend
        self._options = options
        self._threads = ThreadPoolExecutor(options.threads, "rest")
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            StatusError: INVALID_ARGUMENT when the port is taken.
        """
        try:
            self._loop.run_until_complete(self._listen())
        except OSError as error:
            raise invalid_argument(f"Cannot listen on port {self._options.port}: {error.strerror}") from error
        threading.Thread(target=self._loop.run_forever, name="rest", daemon=True).start()

    def stop(self) -> None:
        """Take no more requests and wait for those that run."""
        if self._runner:
            cleaned = asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop)
            cleaned.result(self._options.drain + 5)

    async def _listen(self) -> None:
        options = self._options
        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[_without_default_errors])
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(_anonymous)
        self._runner = web.AppRunner(
            app, auto_decompress=False, access_log=None, handle_signals=False, shutdown_timeout=options.drain
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, options.address, options.port).start()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        if request.method not in _METHODS:
            return _page(501, "Not Implemented")
        if self._options.metrics_path and path.partition("?")[0] == self._options.metrics_path:
            return self._metrics(path)
        if not is_known(path):
            return _page(404, "Not Found")
        if request.method == "OPTIONS":
            allowed = request.headers.get("Origin", "").startswith("http")
            reply = HttpAnswer(200 if allowed else 400, content_type="text/html; charset=ISO-8859-1")
        else:
            reply = await self._answer(request.method, path, _plain(await request.read(), request))
        return _response(reply, _CORS if self._options.cors else {}, head=request.method == "HEAD")

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
        return _response(reply, {})


def _plain(body: bytes, request: web.Request) -> bytes:
    """The body unpacked; one that cannot be unpacked counts as empty.

    Raises:
        HTTPRequestEntityTooLarge: when it is larger than any may be.
    """
    if "gzip" not in request.headers.get("Content-Encoding", ""):
        return body
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = unpacker.decompress(body, MAX_REQUEST_BYTES + 1)
    except zlib.error:
        return b""
    if len(plain) > MAX_REQUEST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_REQUEST_BYTES, len(plain))
    return plain if unpacker.eof else b""


def _response(reply: HttpAnswer, headers: dict[str, str], *, head: bool = False) -> web.Response:
    body = b"" if head else reply.body.encode("utf-8", "surrogateescape")
    return web.Response(
        status=reply.status,
        reason=_REASONS.get(reply.status),
        body=body,
        headers={"Content-Type": reply.content_type, **headers},
    )


def _page(status: int, title: str) -> web.Response:
    """What the HTTP library of TensorFlow Serving says by itself, closing the connection."""
    text = f"<HTML><HEAD>\n<TITLE>{status} {title}</TITLE>\n</HEAD><BODY>\n<H1>{title}</H1>\n</BODY></HTML>\n"
    response = _response(HttpAnswer(status, text, _HTML), {})
    response.force_close()
    return response


async def _anonymous(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers.pop("Server", None)


@web.middleware
async def _without_default_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A path that the router cannot read is as unknown as any other; a body that is too large is told so."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return _page(404, "Not Found")
    except web.HTTPRequestEntityTooLarge:
        message = f"The body is larger than {MAX_REQUEST_BYTES} bytes. Send fewer instances in a request."
        return _response(HttpAnswer(413, writer.error(message)), {})
