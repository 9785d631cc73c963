"""What is checked while a request arrives: sizes, and what httptools leaves open (RFC 9112)."""

from __future__ import annotations

import math

from serving.errors import (
    HeadersTooLarge,
    MalformedRequest,
    ServiceError,
    TooLarge,
    UnknownExpectation,
    UnknownTransferCoding,
    UriTooLong,
)
from serving.gateway.server.limits import ServerLimits

TRAILER_BYTES = 8_192
FREE_OVERHEAD = 65_536
"""Bytes of chunk framing allowed beyond as many as the body has: tiny chunks take more than they carry."""


class Framing:
    """Checks one request after another on a connection; the first fault stays in ``error``.

    Attributes:
        error: why the request being received is refused, or None.
        length: bytes of its body, as its head declares them; infinite for a chunked one.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self.begin()

    def begin(self) -> None:
        """Forget the request before."""
        self.error: ServiceError | None = None
        self.length = 0.0
        self._head = self._fields = self._count = self._hosts = 0
        self._in_body = False
        self._raw = self._body = self._trailers = 0

    def received(self, size: int) -> None:
        """Count bytes as they come, before they are parsed."""
        if self._in_body:
            self._raw += size
        else:
            self._head += size

    def check(self, *, complete: bool) -> ServiceError | None:
        """What is wrong so far, after the bytes were parsed; ``complete`` says whether the request is."""
        if not complete and self.error is None:
            if not self._in_body and self._head > self._limits.head_bytes:
                self.error = _headers_too_large()
            elif self._in_body and self._raw - self._body > FREE_OVERHEAD + self._body:
                self.error = MalformedRequest("The body's chunks are too small. Send larger ones.")
        return self.error

    def url(self, size: int) -> None:
        """Note how long the request line's target is so far."""
        if size > self._limits.line_bytes:
            self._fault(UriTooLong("The request line is too long. Shorten the address."))

    def header(self, name: bytes, value: bytes) -> bool:
        """Check a header or trailer; whether it belongs to the request's headers."""
        size = len(name) + len(value) + 4
        if self._in_body:
            self._trailers += size
            if self._trailers > TRAILER_BYTES:
                self._fault(_headers_too_large())
            return False
        self._fields += size
        self._count += 1
        if self._fields > self._limits.head_bytes or self._count > self._limits.header_fields:
            self._fault(_headers_too_large())
        lowered = name.lower()
        if lowered in _CHECKED:
            self._check_header(lowered, value.strip(b" \t").lower())
        return self.error is None

    def head_complete(self, version: str) -> ServiceError | None:
        """Check a whole head; what is wrong with it, if anything."""
        self._in_body = True
        if version not in ("1.0", "1.1"):
            self._fault(MalformedRequest("The gateway speaks only HTTP/1.1 and HTTP/1.0."))
        elif self._hosts > 1 or (version == "1.1" and not self._hosts):
            self._fault(MalformedRequest("An HTTP/1.1 request needs exactly one Host header."))
        return self.error

    def body(self, size: int) -> ServiceError | None:
        """Count a part of the body; what is wrong with it, if anything."""
        self._body += size
        if self._body > self._limits.request_bytes:
            self._fault(self._too_large())
        return self.error

    def _check_header(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value != b"100-continue":
            self._fault(UnknownExpectation("The gateway supports no expectation but 100-continue."))
        elif name == b"transfer-encoding":
            self.length = math.inf
            if value != b"chunked":
                self._fault(UnknownTransferCoding("The gateway supports no transfer coding but chunked."))
        elif name == b"content-length" and value.isdigit():
            self.length = int(value[:20])
            if self.length > self._limits.request_bytes:
                self._fault(self._too_large())

    def _fault(self, error: ServiceError) -> None:
        if self.error is None:
            self.error = error

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request may have at most {self._limits.request_bytes:,} bytes. Send less.")


_CHECKED = frozenset({b"host", b"expect", b"transfer-encoding", b"content-length"})


def _headers_too_large() -> HeadersTooLarge:
    return HeadersTooLarge("The request line and headers are too long. Send fewer or shorter headers.")
