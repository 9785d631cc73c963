"""The command line ``mnist-classify``, and its exit codes."""

from __future__ import annotations

from client.errors import CertificateError, ClientError, ProxyError, TimedOut
from client.problems import NO_SERVICE, WRONG_REQUEST

SUCCESS = 0
FAILED = 1
WRONG_USAGE = 2
NOT_REACHABLE = 3
INTERRUPTED = 130


def exit_code(error: ClientError) -> int:
    """The exit code for an error that ended a command."""
    if isinstance(error, (*NO_SERVICE, TimedOut)):
        return NOT_REACHABLE
    return WRONG_USAGE if isinstance(error, (*WRONG_REQUEST, ProxyError, CertificateError)) else FAILED
