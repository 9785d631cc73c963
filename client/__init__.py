"""Classify pictures through the gateway: the library behind ``mnist-classify``.

    from client import Client

    with Client("http://localhost:8080") as client:
        print(client.classify("seven.png").label)

``Client`` and ``AsyncClient`` speak plain HTTP and import nothing of the service. The names below load their
modules when they are first used, so that ``import client`` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client.asynchronous import AsyncClient as AsyncClient
    from client.errors import BadReply as BadReply
    from client.errors import ClientError as ClientError
    from client.errors import Problem as Problem
    from client.errors import ProxyError as ProxyError
    from client.errors import ServiceUnreachable as ServiceUnreachable
    from client.errors import SourceError as SourceError
    from client.errors import TimedOut as TimedOut
    from client.results import Candidate as Candidate
    from client.results import Correction as Correction
    from client.results import Failure as Failure
    from client.results import Line as Line
    from client.results import Mark as Mark
    from client.results import ModelInfo as ModelInfo
    from client.results import Prediction as Prediction
    from client.results import Reading as Reading
    from client.retry import RetryPolicy as RetryPolicy
    from client.synchronous import Client as Client

_MODULES = {
    "asynchronous": ("AsyncClient",),
    "errors": (
        "BadReply",
        "ClientError",
        "Problem",
        "ProxyError",
        "ServiceUnreachable",
        "SourceError",
        "TimedOut",
    ),
    "results": ("Candidate", "Correction", "Failure", "Line", "Mark", "ModelInfo", "Prediction", "Reading"),
    "retry": ("RetryPolicy",),
    "synchronous": ("Client",),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"client.{module}"), name)
    raise AttributeError(f"module 'client' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
