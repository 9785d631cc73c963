"""The exit codes of the command line, and which error ends with which."""

from __future__ import annotations

from client.errors import BadReply, ClientError, ServiceUnreachable, TimedOut
from client.problems import (
    BadRequest,
    MethodNotAllowed,
    MissingKey,
    ModelUnavailable,
    NotFound,
    UnsupportedMediaType,
    WrongKey,
)

ALL_WELL = 0
FAILED = 1
WRONG_USE = 2
NOT_REACHABLE = 3
INTERRUPTED = 130

_AWAY = (ServiceUnreachable, TimedOut, BadReply, ModelUnavailable)
_MISUSED = (BadRequest, MethodNotAllowed, MissingKey, NotFound, UnsupportedMediaType, WrongKey)


def exit_code(error: ClientError) -> int:
    """The exit code for an error that ended a command."""
    if isinstance(error, _AWAY):
        return NOT_REACHABLE
    return WRONG_USE if isinstance(error, _MISUSED) else FAILED
