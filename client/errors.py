"""Every error a caller of the client can meet, as one tree; the leaves mirror the service's problem codes.

ClientError
├── SourceError              what was passed is no readable picture file, bytes, image or array
├── ServiceUnreachable       no connection, or it broke before the answer was complete
├── TimedOut                 the caller's deadline passed
├── BadReply                 something answered, but not as the API promises
└── Problem                  the service said what is wrong (RFC 9457); itself for a code not known here
├── BadRequest           400 bad_request
├── UnreadableImage      400 unreadable_image
├── MissingKey           401 missing_key
├── WrongKey             403 wrong_key
├── NotFound             404 not_found
├── MethodNotAllowed     405 method_not_allowed
├── SlowUpload           408 slow_upload
├── TooLarge             413 too_large
├── UnsupportedImage     415 unsupported_image
├── UnsupportedMediaType 415 unsupported_media_type
├── UnusableImage        422 unusable_image
├── AllImagesFailed      422 all_images_failed
├── Overloaded           429 overloaded
├── RateLimited          429 rate_limited
├── InternalError        500 internal
├── BadModelReply        502 bad_model_reply
├── ModelRefused         502 model_refused
├── ModelUnavailable     503 model_unavailable
└── DeadlineExceeded     504 deadline_exceeded
"""

from __future__ import annotations

from typing import ClassVar


class ClientError(Exception):
    """The root: a sentence for people in ``detail``, a stable name for programs in ``code``.

    Attributes:
        code: stable machine-readable name.
        detail: what is wrong and what to do.
        retryable: whether the same call may succeed later.
        retry_after: seconds the service asked to wait, or None.
        request_id: the service's name for the request, for its logs, or None.
    """

    code: str = "client_error"
    retryable: bool = False
    retry_after: float | None = None
    request_id: str | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SourceError(ClientError):
    """What was passed cannot be read as a picture on this side.

    Attributes:
        position: index of the source within its request, where the file broke while it was being sent.
    """

    code = "unreadable_source"
    position: int | None = None


class ServiceUnreachable(ClientError):
    """No connection, or it broke before the answer was complete."""

    code = "service_unreachable"
    retryable = True


class TimedOut(ClientError):
    """The caller's deadline passed before the answer was complete."""

    code = "timed_out"


class BadReply(ClientError):
    """Something answered, but not as the API promises: most likely it is another service."""

    code = "bad_reply"


class Problem(ClientError):
    """The service said what is wrong.

    Attributes:
        status: HTTP status.
        title: the same for every problem of this code.
    """

    code = "problem"
    known_status: ClassVar[int | None] = None

    def __init__(self, detail: str, *, status: int = 0, title: str = "", code: str | None = None) -> None:
        super().__init__(detail)
        self.status = status or self.known_status or 0
        self.title = title or type(self).__name__
        self.code = code or self.code


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
