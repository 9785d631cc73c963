"""Checks that a port is free, and lists the URLs at which a server can be reached."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator

import psutil

from serving.listening import addresses, family_of, is_any, is_loopback, joined
from serving.stack.processes import StackError

_COMMAND_LENGTH = 80


def require_free(host: str, port: int) -> None:
    """Raise ``StackError`` if the port cannot be listened on, naming the process that has it if possible."""
    for address in addresses(host):
        with socket.socket(family_of(address)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                reason = f"{error.strerror or error}{_holder(port)}"
                other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
                raise StackError(
                    f"cannot listen on {joined(address, port)} ({reason}); choose another {other}"
                ) from error


def urls(host: str, port: int) -> list[str]:
    """The URLs of a server that listens on a host: the one for this machine, then those for others."""
    if is_loopback(host):
        return [f"http://localhost:{port}" if host in ("localhost", "127.0.0.1") else _url(host, port)]
    if not is_any(host):
        return [_url(host, port)]
    return [f"http://localhost:{port}", *(_url(address, port) for address in _own_addresses())]


def _url(host: str, port: int) -> str:
    return f"http://{joined(host, port)}"


def _own_addresses() -> Iterator[str]:
    """This machine's IPv4 addresses, without loopback and link-local ones."""
    states = psutil.net_if_stats()
    for name, found in sorted(psutil.net_if_addrs().items()):
        if name in states and not states[name].isup:
            continue
        for each in found:
            if each.family is not socket.AF_INET:
                continue
            address = ipaddress.ip_address(each.address)
            if not (address.is_loopback or address.is_link_local):
                yield each.address


def _holder(port: int) -> str:
    """The process that listens on a port, as words for an error message; empty if it cannot be found out."""
    try:
        pids = [
            each.pid
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and each.pid and each.laddr and each.laddr.port == port
        ]
        pid = min(pids)  # a server's main process is older than its workers
        command = " ".join(psutil.Process(pid).cmdline())
    except (psutil.Error, PermissionError, ValueError):
        return ""
    shown = command if len(command) <= _COMMAND_LENGTH else f"{command[:_COMMAND_LENGTH]}..."
    return f": process {pid} has it, {shown}"
