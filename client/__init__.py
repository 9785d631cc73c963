"""Classify pictures through the gateway: the library behind ``mnist-classify``.

    from client import Client

    with Client("http://localhost:8080") as client:
        print(client.classify("seven.png").label)

``Client`` and ``AsyncClient`` speak plain HTTP and import nothing of the service. They and ``RetryPolicy``
are loaded on first use, which keeps ``import client`` cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from client.errors import (
    BadReply,
    CertificateError,
    ClientError,
    Problem,
    ProxyError,
    ServiceUnreachable,
    SourceError,
    TimedOut,
)
from client.results import Candidate, Correction, Failure, Line, Mark, ModelInfo, Prediction, Reading

if TYPE_CHECKING:
    from client.asynchronous import AsyncClient
    from client.retry import RetryPolicy
    from client.synchronous import Client

__all__ = [
    "AsyncClient",
    "BadReply",
    "Candidate",
    "CertificateError",
    "Client",
    "ClientError",
    "Correction",
    "Failure",
    "Line",
    "Mark",
    "ModelInfo",
    "Prediction",
    "Problem",
    "ProxyError",
    "Reading",
    "RetryPolicy",
    "ServiceUnreachable",
    "SourceError",
    "TimedOut",
]

_LOADED_ON_USE = {"AsyncClient": "asynchronous", "Client": "synchronous", "RetryPolicy": "retry"}


def __getattr__(name: str) -> object:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module 'client' has no attribute {name!r}")
    return getattr(import_module(f"client.{_LOADED_ON_USE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
