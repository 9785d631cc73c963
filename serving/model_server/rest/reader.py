"""Reads JSON like TensorFlow Serving: with bare NaN and Infinity, and ignoring what follows the document.

Python's decoder does the work. A document that it refuses, or might read differently, is read by the strict
reader, which has TensorFlow Serving's error messages.
"""

from __future__ import annotations

import json
import math
import re

from serving.model_server.rest.excerpt import excerpt
from serving.model_server.rest.strict_reader import SPACE, StrictReader, end_of
from serving.model_server.status import invalid_argument
from serving.wire.json_values import Json

_OPEN = object()
_LONGEST_INTEGER = 300
"""Digits of an integer that still fits a double, if not exactly."""


def read(body: bytes) -> dict[str, Json]:
    """Read the JSON object of a request. If a name is repeated, its first value counts.

    Bytes that are not UTF-8 become surrogate escapes in strings.

    Raises:
        StatusError: INVALID_ARGUMENT, saying what is wrong, and where.
    """
    if not body:
        raise invalid_argument("JSON Parse error: The document is empty")
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    try:
        document = _fast(text)
        if document is _OPEN:
            document = StrictReader(text).document()
    except RecursionError as error:
        raise invalid_argument("JSON Parse error: nested too deeply") from error
    if not isinstance(document, dict):
        raise invalid_argument(f"JSON Value: {excerpt(document)} Is not object")
    return document


def _first_wins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    return dict(reversed(pairs)) if len(dict(pairs)) < len(pairs) else dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too big")
    return number


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_INTEGER else _finite(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_first_wins)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_first_wins, parse_float=_finite, parse_int=_integer)
# Numbers that may be too big need three digits in the exponent, or hundreds before it.
_SUSPICIOUS = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}|\\u[dD][89a-fA-F]")


def _fast(text: str) -> Json:
    """The document, or ``_OPEN`` if the strict reader has to decide."""
    if _SUSPICIOUS.search(text) and "\\u" in text:
        return _OPEN
    decoder = _CAREFUL if _SUSPICIOUS.search(text) else _DECODER
    try:
        return decoder.raw_decode(text, end_of(SPACE, text, 0))[0]
    except ValueError:
        return _OPEN
