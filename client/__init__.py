"""Classify pictures through the gateway: the library behind ``mnist-classify``.

    from client import Client

    with Client("http://localhost:8080") as client:
        print(client.classify("seven.png").label)

``Client`` and ``AsyncClient`` speak plain HTTP and import nothing of the service. Names are loaded when they
are first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client.asynchronous import AsyncClient as AsyncClient
    from client.errors import BadReply as BadReply
    from client.errors import ClientError as ClientError
    from client.errors import Problem as Problem
    from client.errors import ServiceUnreachable as ServiceUnreachable
    from client.errors import SourceError as SourceError
    from client.errors import TimedOut as TimedOut
    from client.results import Candidate as Candidate
    from client.results import Failure as Failure
    from client.results import ModelInfo as ModelInfo
    from client.results import Prediction as Prediction
    from client.retry import RetryPolicy as RetryPolicy
    from client.synchronous import Client as Client

_HOMES = {
    "AsyncClient": "client.asynchronous",
    "BadReply": "client.errors",
    "Candidate": "client.results",
    "Client": "client.synchronous",
    "ClientError": "client.errors",
    "Failure": "client.results",
    "ModelInfo": "client.results",
    "Prediction": "client.results",
    "Problem": "client.errors",
    "RetryPolicy": "client.retry",
    "ServiceUnreachable": "client.errors",
    "SourceError": "client.errors",
    "TimedOut": "client.errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'client' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
