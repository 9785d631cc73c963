"""The gateway's error for each gRPC status code.

The model server's own message goes to the log; callers read the gateway's sentence. If the server refuses a
request that the gateway has checked, the caller is not at fault.
"""

from __future__ import annotations

from grpc import StatusCode

from serving.errors import (
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    NotFound,
    Overloaded,
    ServiceError,
)

_AWAY = "The model server cannot be reached. Try again in a moment."
_BROKEN = "The model server failed on this request. Report it with the request id."
_REFUSED = "The model does not take this request, though it looks right. Report it with the request id."
_UNWELCOME = "The model server does not accept this gateway."

ERRORS: dict[StatusCode, tuple[type[ServiceError], str]] = {
    **dict.fromkeys(StatusCode, (ModelError, _BROKEN)),
    StatusCode.UNAVAILABLE: (ModelUnavailable, _AWAY),
    StatusCode.CANCELLED: (ModelUnavailable, _AWAY),
    StatusCode.ABORTED: (ModelUnavailable, "The model server gave the request up. Try again."),
    StatusCode.DEADLINE_EXCEEDED: (ModelTimeout, "The model did not answer before the deadline."),
    StatusCode.NOT_FOUND: (NotFound, "There is no such model or version."),
    StatusCode.RESOURCE_EXHAUSTED: (Overloaded, "The model server has too much to do. Try again soon."),
    StatusCode.INVALID_ARGUMENT: (ModelRefused, _REFUSED),
    StatusCode.FAILED_PRECONDITION: (ModelRefused, _REFUSED),
    StatusCode.OUT_OF_RANGE: (ModelRefused, _REFUSED),
    StatusCode.UNAUTHENTICATED: (ModelError, _UNWELCOME),
    StatusCode.PERMISSION_DENIED: (ModelError, _UNWELCOME),
    StatusCode.UNIMPLEMENTED: (ModelError, "The model server does not know this kind of call."),
}

# How TensorFlow Serving reports an unknown label, as INVALID_ARGUMENT instead of NOT_FOUND.
_UNKNOWN_LABEL = "Unrecognized servable version label"


def error_for(code: StatusCode, details: str) -> ServiceError:
    """The error that callers get for a status of the model server."""
    if code is StatusCode.INVALID_ARGUMENT and details.startswith(_UNKNOWN_LABEL):
        return NotFound("The model has no version with this version label.")
    kind, sentence = ERRORS[code]
    return kind(sentence, retry_after=1 if kind in (ModelUnavailable, Overloaded) else None)
