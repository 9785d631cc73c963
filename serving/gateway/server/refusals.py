"""An answer that the server writes itself, as bytes of HTTP/1.1."""

from __future__ import annotations

from email.utils import formatdate

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from serving.gateway.server.application import Headers


def encode(status: int, headers: Headers, content: bytes, *, with_body: bool, last: bool) -> bytes:
    """The whole response.

    Args:
        status: of HTTP.
        headers: with the content's length.
        content: the body.
        with_body: False for the answer to a HEAD request.
        last: whether the connection is closed after it.
    """
    fields = b"".join(b"%s: %s\r\n" % field for field in headers)
    fields += b"date: %s\r\n" % formatdate(usegmt=True).encode()
    if last:
        fields += b"connection: close\r\n"
    return STATUS_LINE[status] + fields + b"\r\n" + (content if with_body else b"")
