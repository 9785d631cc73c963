"""HTTP responses: an answer with its headers, and what TensorFlow Serving's HTTP library says by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from serving.model_server.rest import writer
from serving.model_server.rest.answers import HttpAnswer

MAX_REQUEST_BYTES = 128 * 2**20
"""The largest body, both as sent and unpacked: twice what the gateway takes."""
_REASONS = {504: "Gateway Time-out", 501: "Not Implemented"}
_HTML = "text/html"


def response_of(reply: HttpAnswer, headers: dict[str, str], *, head: bool = False) -> web.Response:
    """An answer as aiohttp sends it, with further headers; the answer to HEAD has no body."""
    body = b"" if head else reply.body.encode("utf-8", "surrogateescape")
    return web.Response(
        status=reply.status,
        reason=_REASONS.get(reply.status),
        body=body,
        headers={"Content-Type": reply.content_type, **headers},
    )


def page(status: int, title: str) -> web.Response:
    """What the HTTP library of TensorFlow Serving says by itself, closing the connection."""
    text = f"<HTML><HEAD>\n<TITLE>{status} {title}</TITLE>\n</HEAD><BODY>\n<H1>{title}</H1>\n</BODY></HTML>\n"
    response = response_of(HttpAnswer(status, text, _HTML), {})
    response.force_close()
    return response


async def without_server_name(request: web.Request, response: web.StreamResponse) -> None:
    """Take the server's name out of an answer."""
    del request
    response.headers.pop("Server", None)


@web.middleware
async def without_default_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer in TensorFlow Serving's words where the HTTP library would in its own."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return page(404, "Not Found")
    except web.HTTPRequestEntityTooLarge:
        message = f"The body is larger than {MAX_REQUEST_BYTES} bytes. Send fewer instances in a request."
        return response_of(HttpAnswer(413, writer.error(message)), {})
