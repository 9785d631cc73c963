"""What the service can say is wrong: one class for each of its problem codes.

    Problem
    ├── BadRequest            400 bad_request
    ├── UnreadableImage       400 unreadable_image
    ├── MalformedRequest      400 malformed_request
    ├── IncompleteRequest     400 incomplete_request
    ├── MissingKey            401 missing_key
    ├── WrongKey              403 wrong_key
    ├── NotFound              404 not_found
    ├── MethodNotAllowed      405 method_not_allowed
    ├── SlowUpload            408 slow_upload
    ├── TooLarge              413 too_large
    ├── UriTooLong            414 uri_too_long
    ├── UnsupportedImage      415 unsupported_image
    ├── UnsupportedMediaType  415 unsupported_media_type
    ├── UnknownExpectation    417 unknown_expectation
    ├── UnusableImage         422 unusable_image
    ├── AllImagesFailed       422 all_images_failed
    ├── Overloaded            429 overloaded
    ├── RateLimited           429 rate_limited
    ├── HeadersTooLarge       431 headers_too_large
    ├── InternalError         500 internal
    ├── UnknownTransferCoding 501 unknown_transfer_coding
    ├── BadModelReply         502 bad_model_reply
    ├── ModelRefused          502 model_refused
    ├── ModelUnavailable      503 model_unavailable
    ├── NoRoom                503 no_room
    └── DeadlineExceeded      504 deadline_exceeded

Of several classes with one status the first is what an answer without a code becomes.
"""

from __future__ import annotations

from client.errors import Problem


class BadRequest(Problem):
    """The request is not what the API takes."""

    code, known_status = "bad_request", 400


class UnreadableImage(Problem):
    """The bytes claim to be a picture and cannot be decoded."""

    code, known_status = "unreadable_image", 400


class MissingKey(Problem):
    """The service wants an API key."""

    code, known_status = "missing_key", 401


class WrongKey(Problem):
    """The API key is not one of the service's."""

    code, known_status = "wrong_key", 403


class NotFound(Problem):
    """No such model, version, label or path."""

    code, known_status = "not_found", 404


class MethodNotAllowed(Problem):
    """The path exists and does not take this method."""

    code, known_status = "method_not_allowed", 405


class SlowUpload(Problem):
    """The service gave up waiting for the rest of the request."""

    code, known_status = "slow_upload", 408


class TooLarge(Problem):
    """Too many bytes, pixels or images."""

    code, known_status = "too_large", 413


class UnsupportedImage(Problem):
    """Not one of the accepted picture formats."""

    code, known_status = "unsupported_image", 415


class UnsupportedMediaType(Problem):
    """The body's content type is none that the path takes."""

    code, known_status = "unsupported_media_type", 415


class UnusableImage(Problem):
    """A picture, decoded, with nothing on it to classify."""

    code, known_status = "unusable_image", 422


class AllImagesFailed(Problem):
    """Not one picture of the request could be classified."""

    code, known_status = "all_images_failed", 422


class Overloaded(Problem):
    """The service sheds load."""

    code, known_status = "overloaded", 429


class RateLimited(Problem):
    """More requests than the service allows this key or address."""

    code, known_status = "rate_limited", 429


class InternalError(Problem):
    """The service has a bug."""

    code, known_status = "internal", 500


class BadModelReply(Problem):
    """The model server's reply broke its contract."""

    code, known_status = "bad_model_reply", 502


class ModelRefused(Problem):
    """The model server refused what the service asked of it."""

    code, known_status = "model_refused", 502


class ModelUnavailable(Problem):
    """The model server is away or the model is not loaded."""

    code, known_status = "model_unavailable", 503


class DeadlineExceeded(Problem):
    """The service's own deadline passed before the model answered."""

    code, known_status = "deadline_exceeded", 504


class MalformedRequest(Problem):
    """The bytes are not a well-formed HTTP request."""

    code, known_status = "malformed_request", 400


class IncompleteRequest(Problem):
    """The connection closed before the request was complete."""

    code, known_status = "incomplete_request", 400


class UriTooLong(Problem):
    """The address is too long."""

    code, known_status = "uri_too_long", 414


class HeadersTooLarge(Problem):
    """The headers are too long."""

    code, known_status = "headers_too_large", 431


class UnknownExpectation(Problem):
    """The request has an Expect header that the service cannot meet."""

    code, known_status = "unknown_expectation", 417


class UnknownTransferCoding(Problem):
    """The body has a transfer coding other than chunked."""

    code, known_status = "unknown_transfer_coding", 501


class NoRoom(Problem):
    """Uploads that are under way leave no room for this one."""

    code, known_status = "no_room", 503
