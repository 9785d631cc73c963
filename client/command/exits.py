"""The exit codes of the command line."""

from __future__ import annotations

from client.errors import BadReply, ClientError, ProxyError, ServiceUnreachable, TimedOut
from client.problems import (
    BadRequest,
    MethodNotAllowed,
    MissingKey,
    ModelUnavailable,
    NotFound,
    UnsupportedMediaType,
    WrongKey,
)

SUCCESS = 0
FAILED = 1
WRONG_USE = 2
NOT_REACHABLE = 3
INTERRUPTED = 130

_NOT_REACHABLE = (ServiceUnreachable, TimedOut, BadReply, ModelUnavailable)
_WRONG_USE = (
    BadRequest,
    MethodNotAllowed,
    MissingKey,
    NotFound,
    ProxyError,
    UnsupportedMediaType,
    WrongKey,
)


def exit_code(error: ClientError) -> int:
    """The exit code for an error that ended a command."""
    if isinstance(error, _NOT_REACHABLE):
        return NOT_REACHABLE
    return WRONG_USE if isinstance(error, _WRONG_USE) else FAILED
