"""The problems that the service reports (RFC 9457): one class per code, and how they are read from an answer.

docs/api.md lists what to do about each. An answer without a known code becomes the first class that has its
status.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from client.errors import BadReply, ClientError, Problem, ServiceUnreachable

# For proxies in front of the gateway, whose answers are not problem documents.
_RETRYABLE_STATUSES = frozenset({408, 425, 429, 502, 503, 504})


class BadRequest(Problem, code="bad_request", status=400):
    """The request does not follow the API."""


class UnreadableImage(Problem, code="unreadable_image", status=400):
    """The bytes look like a picture but cannot be decoded."""


class MissingKey(Problem, code="missing_key", status=401):
    """The service requires an API key."""


class WrongKey(Problem, code="wrong_key", status=403):
    """The service does not know the API key."""


class NotFound(Problem, code="not_found", status=404):
    """The model, version, label or path does not exist."""


class MethodNotAllowed(Problem, code="method_not_allowed", status=405):
    """The path does not support this method."""


class SlowUpload(Problem, code="slow_upload", status=408):
    """The service stopped waiting for the rest of the request."""


class TooLarge(Problem, code="too_large", status=413):
    """The request has too many bytes, pixels or images."""


class UnsupportedImage(Problem, code="unsupported_image", status=415):
    """The file is not in an accepted picture format."""


class UnsupportedMediaType(Problem, code="unsupported_media_type", status=415):
    """The path does not accept the content type of the body."""


class UnusableImage(Problem, code="unusable_image", status=422):
    """The picture shows nothing to classify."""


class AllImagesFailed(Problem, code="all_images_failed", status=422):
    """No picture of the request could be classified."""


class Overloaded(Problem, code="overloaded", status=429):
    """The service sheds load."""


class RateLimited(Problem, code="rate_limited", status=429):
    """This key or address has exceeded its request rate."""


class InternalError(Problem, code="internal", status=500):
    """The service has a bug."""


class BadModelReply(Problem, code="bad_model_reply", status=502):
    """The model server's reply violates its contract."""


class ModelRefused(Problem, code="model_refused", status=502):
    """The model server refused the service's request."""


class ModelUnavailable(Problem, code="model_unavailable", status=503):
    """The model server is unreachable, or the model is not loaded."""


class DeadlineExceeded(Problem, code="deadline_exceeded", status=504):
    """The service's own deadline passed before the model answered."""


class MalformedRequest(Problem, code="malformed_request", status=400):
    """The bytes are not a well-formed HTTP request."""


class IncompleteRequest(Problem, code="incomplete_request", status=400):
    """The connection closed before the request was complete."""


class UriTooLong(Problem, code="uri_too_long", status=414):
    """The address is too long."""


class HeadersTooLarge(Problem, code="headers_too_large", status=431):
    """The headers are too long."""


class UnknownExpectation(Problem, code="unknown_expectation", status=417):
    """The service cannot meet the Expect header."""


class UnknownTransferCoding(Problem, code="unknown_transfer_coding", status=501):
    """The body has a transfer coding other than chunked."""


class NoRoom(Problem, code="no_room", status=503):
    """Uploads in progress leave no room for this one."""


class CorrectionsFull(Problem, code="corrections_full", status=507):
    """The service's store of corrections is full."""


# Errors that come from the service itself: no other request would fare better.
NO_SERVICE = (BadReply, ModelUnavailable, ServiceUnreachable)
# Errors that the caller's settings cause in every request.
WRONG_REQUEST = (BadRequest, MethodNotAllowed, MissingKey, NotFound, UnsupportedMediaType, WrongKey)


def problem_from_reply(status: int, headers: Mapping[str, str], content: bytes) -> ClientError:
    """The error for an answer that reports no success."""
    if status < 400:
        where = f" It points to {headers['location']!r}." if "location" in headers else ""
        return BadReply(f"the service answered with status {status}.{where}")
    body = _document(headers, content)
    problem = _problem(body, status)
    problem.retry_after = retry_after_seconds(headers.get("retry-after"))
    problem.request_id = problem.request_id or headers.get("x-request-id")
    return problem


def problem_from_entry(body: Mapping[str, Any]) -> Problem:
    """The error for one picture of a request in which others succeeded."""
    return _problem(body, int(body["status"]))


def retry_after_seconds(header: str | None, now: Callable[[], float] = time) -> float | None:
    """Parse a Retry-After header, which holds seconds or a date (RFC 9110, section 10.2.3).

    Returns:
        Seconds from now, or None without a valid header.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now())
    except (TypeError, ValueError):
        return None


def _problem(body: Mapping[str, Any], status: int) -> Problem:
    code = body.get("code")
    detail = str(body.get("detail") or body.get("title") or f"the service answered with status {status}")
    problem = _class_for(code, status)(
        detail, status=status, title=str(body.get("title") or ""), code=str(code) if code else None
    )
    problem.retryable = bool(body.get("retryable", status in _RETRYABLE_STATUSES))
    problem.request_id = str(body["request_id"]) if body.get("request_id") else None
    return problem


def _class_for(code: object, status: int) -> type[Problem]:
    classes = Problem.__subclasses__()
    by_code = [found for found in classes if found.code == code]
    by_status = [found for found in classes if found.known_status == status]
    return (by_code or by_status or [Problem])[0]


def _document(headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
    if "json" not in headers.get("content-type", ""):
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
