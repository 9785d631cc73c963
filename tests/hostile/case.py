"""One hostile thing, with the name by which reports call it."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A hostile file."""

    name: str
    data: bytes


class Request(NamedTuple):
    """A hostile request.

    Attributes:
        name: what reports call it.
        path: target, query included.
        headers: in order; the sender adds the length.
        body: its bytes.
        method: of HTTP.
    """

    name: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"
