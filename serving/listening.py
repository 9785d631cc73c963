"""Host names and addresses to listen on, as every server here writes them."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def bare(host: str) -> str:
    """A host without the brackets that IPv6 addresses have in URLs: ``::1`` for ``[::1]``."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def joined(host: str, port: int) -> str:
    """``HOST:PORT``, with brackets around an IPv6 address."""
    return f"[{bare(host)}]:{port}" if ":" in bare(host) else f"{host}:{port}"


def addresses(host: str) -> list[str]:
    """The addresses to listen on for a host.

    ``localhost`` means both loopback addresses, because browsers try ``::1`` first and many programs only
    ``127.0.0.1``. Every other host means itself.
    """
    if host.lower() != "localhost":
        return [bare(host)]
    return [address for family, address in LOOPBACK.items() if family is socket.AF_INET or _has(family)]


def family_of(address: str) -> socket.AddressFamily:
    """The family of an address or host name, told from its form."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can connect to a host."""
    with suppress(ValueError):
        return ipaddress.ip_address(bare(host)).is_loopback
    return host.lower() == "localhost"


def is_any(host: str) -> bool:
    """Whether a host stands for every address of this machine: ``0.0.0.0`` or ``::``."""
    with suppress(ValueError):
        return ipaddress.ip_address(bare(host)).is_unspecified
    return False


def _has(family: socket.AddressFamily) -> bool:
    """Whether this machine has a loopback address of a family; some containers have no IPv6."""
    with suppress(OSError), socket.socket(family) as probe:
        probe.bind((LOOPBACK[family], 0))
        return True
    return False
