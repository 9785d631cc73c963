"""HTTP responses, including those of TensorFlow Serving's HTTP library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from serving.model_server.rest import writer
from serving.model_server.rest.answers import HttpAnswer

MAX_REQUEST_BYTES = 128 * 2**20
"""The largest body, both as sent and decompressed: twice the gateway's default limit."""
_REASONS = {504: "Gateway Time-out", 501: "Not Implemented"}
_HTML = "text/html"


def response_of(reply: HttpAnswer, headers: dict[str, str], *, head: bool = False) -> web.Response:
    """Convert an answer for aiohttp, and add headers; the answer to HEAD has no body."""
    body = b"" if head else reply.body.encode("utf-8", "surrogateescape")
    return web.Response(
        status=reply.status,
        reason=_REASONS.get(reply.status),
        body=body,
        headers={"Content-Type": reply.content_type, **headers},
    )


def page(status: int, title: str) -> web.Response:
    """An error page of TensorFlow Serving's HTTP library, which closes the connection."""
    text = f"<HTML><HEAD>\n<TITLE>{status} {title}</TITLE>\n</HEAD><BODY>\n<H1>{title}</H1>\n</BODY></HTML>\n"
    response = response_of(HttpAnswer(status, text, _HTML), {})
    response.force_close()
    return response


async def without_server_name(request: web.Request, response: web.StreamResponse) -> None:
    """Remove the Server header from an answer."""
    del request
    response.headers.pop("Server", None)


@web.middleware
async def without_default_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Replace the HTTP library's own errors by TensorFlow Serving's."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return page(404, "Not Found")
    except web.HTTPRequestEntityTooLarge:
        message = f"The body is larger than {MAX_REQUEST_BYTES} bytes. Send fewer instances in a request."
        return response_of(HttpAnswer(413, writer.error(message)), {})
