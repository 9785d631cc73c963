"""Connections to servers of this machine, which no proxy of the environment can reach.

Behind a proxy, ``http_proxy`` is often set without ``no_proxy``. Python's ``urllib`` and gRPC would then ask
the proxy for ``localhost``.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import cast
from urllib.parse import urlsplit

from serving.listening import is_any, is_loopback

_NO_PROXY = "no_grpc_proxy"


def opened(url: str, timeout: float, *, own: bool = False) -> HTTPResponse:
    """Open a URL, without a proxy if its host is this machine.

    Args:
        url: with ``http`` or ``https``.
        timeout: seconds without any byte.
        own: whether the host is this machine; otherwise its name or address tells.

    Raises:
        OSError: there is no answer, or (``HTTPError``) one with an error status.
    """
    direct = own or is_own(urlsplit(url).hostname or "")
    handlers = [urllib.request.ProxyHandler({})] if direct else []
    return cast("HTTPResponse", urllib.request.build_opener(*handlers).open(url, timeout=timeout))


def channel_options(address: str) -> list[tuple[str, int]]:
    """The options of a gRPC channel to ``HOST:PORT``, without a proxy if the host is this machine."""
    return [("grpc.enable_http_proxy", 0)] if is_own(address.rpartition(":")[0]) else []


def without_grpc_proxy(environ: Mapping[str, str], address: str) -> dict[str, str]:
    """The variable with which a child's gRPC connects to ``HOST:PORT`` directly; empty for other hosts."""
    host = address.rpartition(":")[0]
    if not is_own(host):
        return {}
    hosts = environ.get(_NO_PROXY, environ.get("no_proxy", ""))
    return {_NO_PROXY: ",".join(filter(None, [hosts, host]))}


def is_own(host: str) -> bool:
    """Whether a host always means this machine: a loopback address, or the one for all addresses."""
    return is_loopback(host) or is_any(host)
