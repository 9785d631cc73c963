"""What is checked while a request arrives: sizes, and what httptools leaves open (RFC 9112)."""

from __future__ import annotations

import math
from typing import NoReturn

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
LONG_HEAD = HeadersTooLarge("The request line and headers are too long. Send fewer or shorter headers.")
_CHECKED = frozenset({b"host", b"expect", b"transfer-encoding", b"content-length"})


class Framing:
    """Checks one request after another on a connection. A fault is raised, which ends the parser's work.

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
        self._in_body = False
        self._received = self._fields = self._count = self._hosts = self._body = 0

    def received(self, size: int) -> None:
        """Count bytes as they come, before they are parsed."""
        self._received += size

    def check(self) -> ServiceError | None:
        """What is wrong so far with a request that is not complete, after the bytes were parsed."""
        if not self._in_body:
            return LONG_HEAD if self._received > self._limits.head_bytes else None
        if self._received - self._body > FREE_OVERHEAD + self._body:
            return MalformedRequest("The body's chunks are too small. Send larger ones.")
        return None

    def url(self, size: int) -> None:
        """Note how long the request line's target is so far."""
        if size > self._limits.line_bytes:
            self._refuse(UriTooLong("The request line is too long. Shorten the address."))

    def header(self, name: bytes, value: bytes) -> bool:
        """Check a header or trailer; whether it belongs to the request's headers."""
        self._fields += len(name) + len(value) + 4
        if self._in_body:
            if self._fields > TRAILER_BYTES:
                self._refuse(LONG_HEAD)
            return False
        self._count += 1
        if self._fields > self._limits.head_bytes or self._count > self._limits.header_fields:
            self._refuse(LONG_HEAD)
        lowered = name.lower()
        if lowered in _CHECKED:
            self._check_header(lowered, value.strip(b" \t").lower())
        return True

    def head_complete(self, version: str) -> None:
        """Check a whole head."""
        self._in_body = True
        self._received = self._fields = 0
        if version not in ("1.0", "1.1"):
            self._refuse(MalformedRequest("The gateway speaks only HTTP/1.1 and HTTP/1.0."))
        if self._hosts > 1 or (version == "1.1" and not self._hosts):
            self._refuse(MalformedRequest("An HTTP/1.1 request needs exactly one Host header."))

    def body(self, size: int) -> None:
        """Count a part of the body."""
        self._body += size
        self._check_size(self._body)

    def _check_header(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value != b"100-continue":
            self._refuse(UnknownExpectation("The gateway supports no expectation but 100-continue."))
        elif name == b"transfer-encoding":
            self.length = math.inf
            if value != b"chunked":
                self._refuse(UnknownTransferCoding("The gateway supports no transfer coding but chunked."))
        elif name == b"content-length" and value.isdigit():
            self.length = int(value[:20])
            self._check_size(self.length)

    def _check_size(self, size: float) -> None:
        most = self._limits.request_bytes
        if size > most:
            self._refuse(TooLarge(f"The request may have at most {most:,} bytes. Send less."))

    def _refuse(self, error: ServiceError) -> NoReturn:
        self.error = error
        raise error.again()
