"""What the worker answers by itself: requests that never reach the application.

The answers have the form of the application's own errors, ``application/problem+json`` (RFC 9457).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from gunicorn import util
from gunicorn.http import errors


@dataclass(frozen=True)
class Refusal:
    """Why a request is not taken.

    Attributes:
        status: HTTP status.
        reason: its standard phrase.
        code: stable machine-readable name.
        detail: one sentence on what is wrong and what to do.
        retryable: whether the same request may succeed later.
    """

    status: int
    reason: str
    code: str
    detail: str
    retryable: bool = False

    def encode(self, *, keep_open: bool = False, with_body: bool = True) -> bytes:
        """The whole HTTP/1.1 response.

        Args:
            keep_open: whether the connection can carry another request.
            with_body: False for the answer to a HEAD request.
        """
        request_id = uuid.uuid4().hex
        document = {
            "type": f"urn:problem:{self.code}",
            "title": self.reason,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            "retryable": self.retryable,
            "error": self.detail,
        }
        body = json.dumps(document).encode()
        head = [
            f"HTTP/1.1 {self.status} {self.reason}",
            f"Date: {util.http_date()}",
            f"Connection: {'keep-alive' if keep_open else 'close'}",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
            f"X-Request-ID: {request_id}",
            *(["Retry-After: 1"] if self.retryable else []),
        ]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + (body if with_body else b"")


class Refused(Exception):
    """Raised where a request turns out not to be acceptable."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


HEAD_TOO_SLOW = Refusal(
    408,
    "Request Timeout",
    "slow_upload",
    "The request's headers did not arrive in time; send them at once.",
    True,
)
BODY_TOO_SLOW = Refusal(
    408,
    "Request Timeout",
    "slow_upload",
    "The upload did not arrive in time; send it faster or make it smaller.",
    True,
)
CUT_OFF = Refusal(
    400,
    "Bad Request",
    "incomplete_request",
    "The connection's sending side closed before the request was complete.",
)
HEAD_TOO_LARGE = Refusal(
    431,
    "Request Header Fields Too Large",
    "headers_too_large",
    "Request line and headers are too long; send fewer or shorter headers.",
)
LINE_TOO_LONG = Refusal(
    414, "URI Too Long", "uri_too_long", "The request line is too long; shorten the address."
)
BAD_FRAMING = Refusal(
    400,
    "Bad Request",
    "malformed_request",
    "This is not a well-formed HTTP/1.1 request; check how it is framed.",
)
WASTEFUL_CHUNKS = Refusal(
    400, "Bad Request", "malformed_request", "The body comes in chunks of too few bytes; send larger chunks."
)
NO_HOST = Refusal(
    400, "Bad Request", "malformed_request", "An HTTP/1.1 request needs exactly one Host header."
)
UNKNOWN_EXPECTATION = Refusal(
    417, "Expectation Failed", "unknown_expectation", "The only expectation that can be met is 100-continue."
)
UNKNOWN_CODING = Refusal(
    501,
    "Not Implemented",
    "unknown_transfer_coding",
    "The only transfer coding that is understood is chunked.",
)
OVERLOADED = Refusal(
    429,
    "Too Many Requests",
    "overloaded",
    "More requests are waiting than can be answered soon; try again later.",
    True,
)
NO_ROOM = Refusal(
    503,
    "Service Unavailable",
    "no_room",
    "Too many uploads are under way at this moment; try again later.",
    True,
)
BROKEN = Refusal(
    500, "Internal Server Error", "internal", "The request could not be answered; the error was logged."
)


def too_large(limit: int) -> Refusal:
    """The refusal of a body of more than ``limit`` bytes."""
    return Refusal(
        413,
        "Content Too Large",
        "too_large",
        f"The request's body has more than {limit} bytes, the most that is taken.",
    )


def refusal_for(error: Exception) -> Refusal:
    """The refusal that an error of gunicorn's parser stands for."""
    if isinstance(error, Refused):
        return error.refusal
    for kind, refusal in (
        (errors.LimitRequestLine, LINE_TOO_LONG),
        (errors.LimitRequestHeaders, HEAD_TOO_LARGE),
        (errors.ExpectationFailed, UNKNOWN_EXPECTATION),
        (errors.UnsupportedTransferCoding, UNKNOWN_CODING),
    ):
        if isinstance(error, kind):
            return refusal
    return BAD_FRAMING
