"""The gateway's error for each gRPC status code.

The model server's own message goes to the log; callers read the gateway's sentence. If the server refuses a
request that the gateway has checked, the caller is not at fault.
"""

from __future__ import annotations

import grpc

from serving.errors import (
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    NotFound,
    Overloaded,
    ServiceError,
)

RETRY_AFTER_SECONDS = 1

_AWAY = "The model server cannot be reached. Try again in a moment."
_BROKEN = "The model server failed on this request. Report it with the request id."
_REFUSED = "The model does not take this request, though it looks right. Report it with the request id."

ERRORS: dict[grpc.StatusCode, tuple[type[ServiceError], str]] = {
    grpc.StatusCode.UNAVAILABLE: (ModelUnavailable, _AWAY),
    grpc.StatusCode.CANCELLED: (ModelUnavailable, _AWAY),
    grpc.StatusCode.ABORTED: (ModelUnavailable, "The model server gave the request up. Try again."),
    grpc.StatusCode.DEADLINE_EXCEEDED: (ModelTimeout, "The model did not answer before the deadline."),
    grpc.StatusCode.NOT_FOUND: (NotFound, "There is no such model or version."),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (Overloaded, "The model server has too much to do. Try again soon."),
    grpc.StatusCode.INVALID_ARGUMENT: (ModelRefused, _REFUSED),
    grpc.StatusCode.FAILED_PRECONDITION: (ModelRefused, _REFUSED),
    grpc.StatusCode.OUT_OF_RANGE: (ModelRefused, _REFUSED),
    grpc.StatusCode.UNAUTHENTICATED: (ModelError, "The model server does not accept this gateway."),
    grpc.StatusCode.PERMISSION_DENIED: (ModelError, "The model server does not accept this gateway."),
    grpc.StatusCode.UNIMPLEMENTED: (ModelError, "The model server does not know this kind of call."),
    grpc.StatusCode.ALREADY_EXISTS: (ModelError, _BROKEN),
    grpc.StatusCode.INTERNAL: (ModelError, _BROKEN),
    grpc.StatusCode.UNKNOWN: (ModelError, _BROKEN),
    grpc.StatusCode.DATA_LOSS: (ModelError, _BROKEN),
    grpc.StatusCode.OK: (ModelError, _BROKEN),
}

# How TensorFlow Serving reports an unknown label, as INVALID_ARGUMENT instead of NOT_FOUND.
_UNKNOWN_LABEL = "Unrecognized servable version label"


def error_for(code: grpc.StatusCode, details: str) -> ServiceError:
    """The error that callers get for a status of the model server."""
    if code is grpc.StatusCode.INVALID_ARGUMENT and details.startswith(_UNKNOWN_LABEL):
        return NotFound("The model has no version with this version label.")
    kind, sentence = ERRORS[code]
    retry_after = RETRY_AFTER_SECONDS if kind in (ModelUnavailable, Overloaded) else None
    error = kind(sentence)
    error.retry_after = retry_after
    return error
