"""The errors only the gateway meets, below the root that ``serving.errors`` draws.

ServiceError
├── InputError                  400
│   ├── UnsupportedMediaType    415 unsupported_media_type
│   ├── AllImagesFailed         422 all_images_failed        (with ``errors``)
│   └── SlowUpload              408 slow_upload
├── MissingKey                  401 missing_key
├── WrongKey                    403 wrong_key
├── MethodNotAllowed            405 method_not_allowed       (Allow)
├── Busy                        429                          (Retry-After)
│   ├── Overloaded              429 overloaded
│   └── RateLimited             429 rate_limited
└── ModelError                  502
└── ModelRefused            502 model_refused
"""

from __future__ import annotations

from typing import Any

from serving.errors import InputError, ModelError, ServiceError


class UnsupportedMediaType(InputError):
    """The body's content type or encoding is none that the route takes."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class AllImagesFailed(InputError):
    """Several images, and not one could be classified.

    Attributes:
        errors: one entry an image, as in a partly successful answer.
    """

    status = 422
    code = "all_images_failed"
    title = "No image could be classified"

    def __init__(self, detail: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(detail)
        self.errors = errors


class SlowUpload(InputError):
    """The body did not arrive in time or the connection broke while it came."""

    status = 408
    code = "slow_upload"
    title = "Upload too slow"
    retryable = True


class MissingKey(ServiceError):
    """The route needs an API key and the request has none."""

    status = 401
    code = "missing_key"
    title = "API key missing"


class WrongKey(ServiceError):
    """The request's API key is none of those that are let in."""

    status = 403
    code = "wrong_key"
    title = "API key not accepted"


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


class ModelRefused(ModelError):
    """The model server refused a request that the gateway holds to be right."""

    code = "model_refused"
    title = "The model refused the request"
