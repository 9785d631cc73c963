"""Where a request comes from, behind proxies that are trusted to say so."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy.

    Args:
        peer: the address the connection comes from.
        forwarded_for: the ``X-Forwarded-For`` header, to which each proxy appends whom it answers.
        trusted: networks of the proxies that are believed.
    """
    current = peer or ""
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and _within(current, trusted):
        hop = hops.pop()
        if not _is_address(hop):
            break
        current = hop
    return current


def _within(address: str, networks: Sequence[Network]) -> bool:
    return _is_address(address) and any(ipaddress.ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
