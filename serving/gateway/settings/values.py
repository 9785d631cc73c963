"""Readers of setting values, one for each kind; their errors say what is expected."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from serving.gateway.names import NAME

T = TypeVar("T")
Number = TypeVar("Number", int, float)
Reader = Callable[[str], T]


def setting(default: T, parse: Reader[T]) -> T:
    """A field of the settings: its default and the reader of its text."""
    return field(default=default, metadata={"parse": parse})


def matching(pattern: str, expected: str) -> Reader[str]:
    """Text of one form."""

    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return parse


def ranged(
    convert: Callable[[str], Number], pattern: str, kind: str, low: float, high: float
) -> Reader[Number]:
    """A number of one form, from low to high."""

    def parse(value: str) -> Number:
        if not re.fullmatch(pattern, value) or not low <= convert(value) <= high:
            raise ValueError(f"expected {kind} from {low} to {high}")
        return convert(value)

    return parse


def integer(low: int, high: int) -> Reader[int]:
    """A whole number from low to high."""
    return ranged(int, r"[0-9]{1,15}", "a whole number", low, high)


def number(low: float, high: float) -> Reader[float]:
    """A number from low to high."""
    return ranged(float, r"[0-9]{1,12}(\.[0-9]{1,12})?", "a number", low, high)


def boolean(value: str) -> bool:
    """A switch."""
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("expected true or false")


def choice(*allowed: str) -> Reader[str]:
    """One of a few words."""
    parse = matching("|".join(allowed), f"one of {', '.join(allowed)}")
    return lambda value: parse(value.lower())


def each(parse: Reader[str]) -> Reader[tuple[str, ...]]:
    """Several of a kind, separated by commas."""
    return lambda value: tuple(parse(part) for part in _parts(value))


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
    """A file that exists."""
    if not Path(value).is_file():
        raise ValueError("there is no such file")
    return value


rate = matching("[0-9]+ ?/ ?(second|minute|hour|day)", "COUNT/second, COUNT/minute, COUNT/hour or COUNT/day")
"""A rate limit such as 100/minute."""


def rate_store(value: str) -> str:
    """Where rates are counted: memory://, or the address of a Redis."""
    parts = urlsplit(value)
    if value == "memory://" or (parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0):
        return value
    raise ValueError("expected memory://, redis://HOST:PORT or rediss://HOST:PORT")


def network(value: str) -> str:
    """A network or an address."""
    return str(ipaddress.ip_network(value, strict=False))


origin = matching(r"\*|https?://[^/\s]+", "origins such as https://example.org, or *")
"""The origin of web pages, or an asterisk for all."""


def url(value: str) -> str:
    """An http or https address."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("expected an address that begins with http:// or https://")
    return value


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
