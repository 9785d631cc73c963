"""Readers of setting values, one for each kind; their errors say what is expected."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from serving.gateway.names import NAME

PREFIX = "GATEWAY_"

T = TypeVar("T")
Reader = Callable[[str], T]


class SettingsError(ValueError):
    """A variable whose value is not allowed."""


def setting(default: T, description: str, parse: Reader[T]) -> T:
    """A field of the settings: its default, its description, and the reader of its text."""
    return field(default=default, metadata={"description": description, "parse": parse})


def read(variable: str, text_value: str, parse: Reader[Any]) -> Any:  # noqa: ANN401 - each setting has its own type
    """Read one variable.

    Raises:
        SettingsError: the value is not allowed; the message names the variable and what is expected.
    """
    try:
        return parse(text_value.strip())
    except ValueError as error:
        shown = re.sub(r"//[^/@]*@", "//***@", text_value)  # an address may hold a password
        raise SettingsError(f"{variable}={shown!r}: {error}") from error


def text(value: str) -> str:
    """Any text."""
    return value


def boolean(value: str) -> bool:
    """A switch."""
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("expected true or false")


def integer(low: int, high: int) -> Reader[int]:
    """A whole number from low to high."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value) or not low <= int(value) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(value)

    return parse


def number(low: float, high: float) -> Reader[float]:
    """A number from low to high."""

    def parse(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", value) or not low <= float(value) <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return float(value)

    return parse


def choice(*allowed: str) -> Reader[str]:
    """One of a few words."""

    def parse(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return value.lower()

    return parse


def choices(*allowed: str) -> Reader[tuple[str, ...]]:
    """Any of a few words, separated by commas."""

    def parse(value: str) -> tuple[str, ...]:
        return tuple(choice(*allowed)(part) for part in _parts(value))

    return parse


def name_or_empty(value: str) -> str:
    """A model's name, or nothing."""
    return names(value)[0] if value else ""


def names(value: str) -> tuple[str, ...]:
    """Model names, separated by commas, at least one."""
    parts = _parts(value)
    if not parts or not all(NAME.fullmatch(part) for part in parts):
        raise ValueError("expected names of letters, digits, '.', '_' and '-', separated by commas")
    return tuple(dict.fromkeys(parts))


def address(value: str) -> str:
    """HOST:PORT; IPv6 addresses in brackets."""
    match = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})", value)
    if not match:
        raise ValueError("expected HOST:PORT")
    if not 0 < int(match[1]) < 65536:
        raise ValueError("expected a port from 1 to 65535")
    return value


def file(value: str) -> str:
    """A file that exists, or nothing."""
    if value and not Path(value).is_file():
        raise ValueError("there is no such file")
    return value


def rate(value: str) -> str:
    """A rate limit such as 100/minute, or nothing."""
    if value and not re.fullmatch(r"[0-9]+ ?/ ?(second|minute|hour|day)", value):
        raise ValueError("expected COUNT/second, COUNT/minute, COUNT/hour or COUNT/day")
    return value


def rate_store(value: str) -> str:
    """Where rates are counted: memory://, or the address of a Redis."""
    parts = urlsplit(value)
    if value == "memory://" or (parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0):
        return value
    raise ValueError("expected memory://, redis://HOST:PORT or rediss://HOST:PORT")


def networks(value: str) -> tuple[str, ...]:
    """Networks or addresses, separated by commas."""
    return tuple(str(ipaddress.ip_network(part, strict=False)) for part in _parts(value))


def origins(value: str) -> tuple[str, ...]:
    """Origins of web pages, separated by commas, or an asterisk."""
    parts = _parts(value)
    for part in parts:
        if part != "*" and not re.fullmatch(r"https?://[^/\s]+", part):
            raise ValueError("expected origins such as https://example.org, or *")
    return parts


def url(value: str) -> str:
    """An http or https address, or nothing."""
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise ValueError("expected an address that begins with http:// or https://")
    return value


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
