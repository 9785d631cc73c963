"""The proxy for a service: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from client.errors import ProxyError


@dataclass(frozen=True, slots=True)
class EnvironmentProxy:
    """A proxy and the variable that names it."""

    variable: str
    proxy: httpx.Proxy


def proxy_for(base: str) -> EnvironmentProxy | None:
    """Find the proxy for a service; None means a direct connection. Loopback addresses never use a proxy.

    Args:
        base: the service's URL.

    Raises:
        ProxyError: the variable does not hold a usable address.
    """
    parts, settings = urlsplit(base), getproxies()
    name = next((name for name in (parts.scheme, "all") if settings.get(name)), None)
    host = parts.hostname or ""
    if name is None or _is_loopback(host) or _is_exempt(host, parts.netloc, settings.get("no", "")):
        return None
    variable = f"{name.upper()}_PROXY"
    return EnvironmentProxy(variable, _proxy(variable, settings[name]))


def _proxy(variable: str, value: str) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(value if "://" in value else f"http://{value}")
    except (ValueError, httpx.InvalidURL) as error:
        raise ProxyError(f"{variable} is not a proxy address ({error}); correct it or unset it.") from error
    if not proxy.url.host:
        raise ProxyError(f"{variable} does not name a host; correct it or unset it.")
    if proxy.url.scheme.startswith("socks"):
        _require_socks(variable)
    return proxy


def _require_socks(variable: str) -> None:
    try:
        import socksio  # noqa: F401
    except ImportError as error:
        raise ProxyError(
            f"{variable} names a SOCKS proxy: pip install 'httpx[socks]', or unset the variable."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_exempt(host: str, netloc: str, no_proxy: str) -> bool:
    """Whether NO_PROXY (``*``, names, domains, addresses and networks) covers the host."""
    if proxy_bypass(netloc.rpartition("@")[2]):
        return True
    return any(_is_within(host, entry.strip(" []")) for entry in no_proxy.split(","))


def _is_within(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
