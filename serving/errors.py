"""Every error a caller can meet, as one tree; each class knows its HTTP status and its code.

    ServiceError                     500 internal
    ├── InputError                   400 bad_request
    │   ├── UnreadableImage          400 unreadable_image
    │   ├── TooLarge                 413 too_large
    │   ├── UnsupportedImage         415 unsupported_image
    │   └── UnusableImage            422 unusable_image
    ├── NotFound                     404 not_found
    └── ModelError                   502 bad_model_reply
        ├── ModelUnavailable         503 model_unavailable   (Retry-After)
        └── ModelTimeout             504 deadline_exceeded

The gateway adds what only it can meet (keys, rates, methods) below the same root.
"""

from __future__ import annotations

from typing import ClassVar


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


class InputError(ServiceError):
    """The request is not what the API takes."""

    status = 400
    code = "bad_request"
    title = "Bad request"


class UnreadableImage(InputError):
    """The bytes claim to be a picture and cannot be decoded."""

    code = "unreadable_image"
    title = "Unreadable image"


class TooLarge(InputError):
    """Too many bytes, pixels or images."""

    status = 413
    code = "too_large"
    title = "Too large"


class UnsupportedImage(InputError):
    """Not one of the accepted picture formats."""

    status = 415
    code = "unsupported_image"
    title = "Unsupported image type"


class UnusableImage(InputError):
    """A picture, decoded, with nothing on it to classify."""

    status = 422
    code = "unusable_image"
    title = "Unusable image"


class NotFound(ServiceError):
    """No such model, version, label or path."""

    status = 404
    code = "not_found"
    title = "Not found"


class ModelError(ServiceError):
    """The model server's reply broke the contract."""

    status = 502
    code = "bad_model_reply"
    title = "Bad reply from the model server"


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
