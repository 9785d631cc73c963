"""All errors that callers can get, as one tree. Each class has its HTTP status and its code.

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
    """The root of the tree.

    The message is the ``detail`` that callers read: it says what is wrong and what to do.

    Attributes:
        status: HTTP status.
        code: stable name for programs.
        title: short name for people, the same for every error of the class.
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

        An error that is stored in a variable or a future and then raised refers to the frame that stores it.
        This cycle keeps everything in the frame alive, uploads included, until the garbage collector runs.
        Therefore a copy is stored, and a copy of that is raised.
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
    """The route does not take the body's content type or encoding."""

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
    """The picture can be decoded, but there is nothing on it to classify."""

    status = 422
    code = "unusable_image"
    title = "Unusable image"


class AllImagesFailed(InputError):
    """The request has several images, and none could be classified.

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
    """A limit of corrections is reached."""

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
    """The path exists, but not with this method.

    Attributes:
        allowed: the methods that the path takes.
    """

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"

    def __init__(self, detail: str, allowed: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Busy(ServiceError):
    """There is too much to do; Retry-After says when to try again."""

    status = 429
    code = "busy"
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)


class Overloaded(Busy):
    """The gateway or the model server has more work than it can queue."""

    code = "overloaded"
    title = "Overloaded"


class RateLimited(Busy):
    """The caller has exceeded its rate limit."""

    code = "rate_limited"
    title = "Rate limit exceeded"


class NoRoom(Busy):
    """There is no memory for this upload while others are in progress."""

    status = 503
    code = "no_room"
    title = "No room for the upload"


class ModelError(ServiceError):
    """The model server's reply broke the contract."""

    status = 502
    code = "bad_model_reply"
    title = "Bad reply from the model server"


class ModelRefused(ModelError):
    """The model server refused a request that passed the gateway's checks."""

    code = "model_refused"
    title = "The model refused the request"


class ModelUnavailable(ModelError):
    """The model server cannot be reached, or the model is not loaded."""

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
