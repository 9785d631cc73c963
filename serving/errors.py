"""Every error a caller can meet, as one tree; each class knows its HTTP status and its code.

ServiceError                         500 internal
├── InputError                       400 bad_request
│   ├── MalformedRequest             400 malformed_request
│   ├── IncompleteRequest            400 incomplete_request
│   ├── UnreadableImage              400 unreadable_image
│   ├── SlowUpload                   408 slow_upload
│   ├── TooLarge                     413 too_large
│   │   ├── UriTooLong               414 uri_too_long
│   │   └── HeadersTooLarge          431 headers_too_large
│   ├── UnsupportedMediaType         415 unsupported_media_type
│   │   └── UnsupportedImage         415 unsupported_image
│   ├── UnknownExpectation           417 unknown_expectation
│   ├── UnusableImage                422 unusable_image
│   ├── AllImagesFailed              422 all_images_failed      (with ``errors``)
│   └── UnknownTransferCoding        501 unknown_transfer_coding
├── CorrectionsFull                  507 corrections_full
├── MissingKey                       401 missing_key
├── WrongKey                         403 wrong_key
├── NotFound                         404 not_found
├── MethodNotAllowed                 405 method_not_allowed     (Allow)
├── Busy                             429 busy                   (Retry-After)
│   ├── Overloaded                   429 overloaded
│   ├── RateLimited                  429 rate_limited
│   └── NoRoom                       503 no_room
└── ModelError                       502 bad_model_reply
├── ModelRefused                 502 model_refused
├── ModelUnavailable             503 model_unavailable      (Retry-After)
└── ModelTimeout                 504 deadline_exceeded
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

E = TypeVar("E", bound="ServiceError")


class ServiceError(Exception):
    """The root.

    The message is the ``detail`` that callers read: a sentence that says what is wrong and what to do.

    Attributes:
        status: HTTP status.
        code: stable machine-readable name.
        title: the same for every error of the class.
        retryable: whether the same call may succeed later.
        retry_after: seconds for the Retry-After header, or None.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after

    def again(self: E) -> E:
        """A copy without traceback or context.

        An error that is kept, in a variable or a future, and raised from there refers to the frame that keeps
        it. That cycle holds everything in the frame, uploads included, until the garbage collector runs. So
        what is kept is a copy, and what is raised is a copy of that.
        """
        copy = type(self).__new__(type(self), *self.args)
        copy.__dict__.update(self.__dict__)
        return copy


class InputError(ServiceError):
    """The request is not what the API takes."""

    status = 400
    code = "bad_request"
    title = "Bad request"


class MalformedRequest(InputError):
    """The bytes are not a well-formed HTTP request."""

    code = "malformed_request"
    title = "Malformed request"


class IncompleteRequest(InputError):
    """The client stopped sending before the request was complete."""

    code = "incomplete_request"
    title = "Incomplete request"


class UnreadableImage(InputError):
    """The bytes claim to be a picture and cannot be decoded."""

    code = "unreadable_image"
    title = "Unreadable image"


class SlowUpload(InputError):
    """The request did not arrive in time."""

    status = 408
    code = "slow_upload"
    title = "Upload too slow"
    retryable = True


class TooLarge(InputError):
    """Too many bytes, pixels or images."""

    status = 413
    code = "too_large"
    title = "Too large"


class UriTooLong(TooLarge):
    """The request line's target is too long."""

    status = 414
    code = "uri_too_long"
    title = "URI too long"


class HeadersTooLarge(TooLarge):
    """The request line and headers are too long."""

    status = 431
    code = "headers_too_large"
    title = "Request header fields too large"


class UnsupportedMediaType(InputError):
    """The body's content type or encoding is none that the route takes."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class UnsupportedImage(UnsupportedMediaType):
    """Not one of the accepted picture formats."""

    code = "unsupported_image"
    title = "Unsupported image type"


class UnknownExpectation(InputError):
    """The request has an Expect header that cannot be met."""

    status = 417
    code = "unknown_expectation"
    title = "Unknown expectation"


class UnusableImage(InputError):
    """A picture, decoded, with nothing on it to classify."""

    status = 422
    code = "unusable_image"
    title = "Unusable image"


class AllImagesFailed(InputError):
    """Several images, and none could be classified.

    Attributes:
        errors: one entry per image, as in a partly successful answer.
    """

    status = 422
    code = "all_images_failed"
    title = "No image could be classified"

    def __init__(self, detail: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(detail)
        self.errors = errors


class UnknownTransferCoding(InputError):
    """The body has a transfer coding other than chunked."""

    status = 501
    code = "unknown_transfer_coding"
    title = "Unknown transfer coding"


class CorrectionsFull(ServiceError):
    """No more corrections may be kept."""

    status = 507
    code = "corrections_full"
    title = "No room for corrections"


class MissingKey(ServiceError):
    """The route needs an API key and the request has none."""

    status = 401
    code = "missing_key"
    title = "API key missing"


class WrongKey(ServiceError):
    """The request's API key is not accepted."""

    status = 403
    code = "wrong_key"
    title = "API key not accepted"


class NotFound(ServiceError):
    """No such model, version, label or path."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(ServiceError):
    """The path exists, with other methods.

    Attributes:
        allowed: the methods the path takes.
    """

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"

    def __init__(self, detail: str, allowed: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Busy(ServiceError):
    """Too much at once; Retry-After says when to come back."""

    status = 429
    code = "busy"
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)


class Overloaded(Busy):
    """More work than the gateway or the model server takes; shed at once instead of queued for long."""

    code = "overloaded"
    title = "Overloaded"


class RateLimited(Busy):
    """The caller's own rate is over its limit."""

    code = "rate_limited"
    title = "Rate limit exceeded"


class NoRoom(Busy):
    """Uploads that are under way leave no room for this one."""

    status = 503
    code = "no_room"
    title = "No room for the upload"


class ModelError(ServiceError):
    """The model server's reply broke the contract."""

    status = 502
    code = "bad_model_reply"
    title = "Bad reply from the model server"


class ModelRefused(ModelError):
    """The model server refused a request that the gateway holds to be right."""

    code = "model_refused"
    title = "The model refused the request"


class ModelUnavailable(ModelError):
    """The model server is away or the model is not loaded."""

    status = 503
    code = "model_unavailable"
    title = "Model not available"
    retryable = True


class ModelTimeout(ModelError):
    """The deadline passed before the model server answered."""

    status = 504
    code = "deadline_exceeded"
    title = "Deadline exceeded"
    retryable = True
