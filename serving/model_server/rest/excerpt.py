"""JSON values as TensorFlow Serving's error texts quote them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from serving.model_server.rest.writer import INDENT, quote
from serving.wire.json_values import Json

_LENGTH = 256
"""Bytes after which a quotation ends, at the next token."""


def excerpt(value: Json) -> str:
    """A value as error texts quote it: cut shortly after 256 bytes, with arrays on one line."""
    text = ""
    for token in _tokens(value, 0):
        if len(text.encode("utf-8", "surrogateescape")) >= _LENGTH:
            break
        text += token
    return text


def _tokens(value: Json, depth: int, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        yield before + "{"
        for position, (name, member) in enumerate(value.items()):
            yield f"{',' if position else ''}\n{INDENT * (depth + 1)}{quote(name)}"
            yield from _tokens(member, depth + 1, ": ")
        yield f"\n{INDENT * depth}}}" if value else "}"
    elif isinstance(value, list):
        yield before + "["
        for position, element in enumerate(value):
            yield from _tokens(element, depth + 1, ", " if position else "")
        yield "]"
    else:
        yield before + _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isfinite(value):
        return _shortest(value)
    return str(value)


def _shortest(value: float) -> str:
    """The fewest digits that keep the value, with an exponent only from 1e21 and below 1e-6."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent) if value else 1
    lead = "-" if sign else ""
    if 0 < point <= 21:
        whole = text[:point].ljust(point, "0")
        return f"{lead}{whole}.{text[point:] or '0'}"
    if -6 < point <= 0:
        return f"{lead}0.{'0' * -point}{text}"
    return f"{lead}{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1}"
