"""Canonical status codes, and the one error that every layer raises and both protocols translate."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """The canonical codes, numbered as in gRPC and in TensorFlow's ``error_codes.proto``."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class StatusError(Exception):
    """A failed call: a canonical code and the text that callers read."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"


# What callers read about an internal error; the details go to the log.
INTERNAL = "Internal error: see the log of the model server"


def invalid_argument(message: str) -> StatusError:
    """An error for a request that can never succeed."""
    return StatusError(Code.INVALID_ARGUMENT, message)


def not_found(message: str) -> StatusError:
    """An error for a missing model, version or file."""
    return StatusError(Code.NOT_FOUND, message)
