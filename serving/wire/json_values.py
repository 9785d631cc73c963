"""JSON values of tensors: nested lists, and bytes as ``{"b64": "..."}``.

The gateway and the embedded model server read the same forms. Each has its own rules for values that fit an
input, and its own messages for those that do not.
"""

from __future__ import annotations

import base64
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = Any
"""Whatever JSON can hold."""


class UnevenLists(ValueError):
    """Lists at one depth have different lengths, so that the value has no shape."""


class MixedValues(ValueError):
    """Lists and other values stand at one depth, so that the value has no shape."""


class Flat(NamedTuple):
    """Nested lists, flattened.

    Attributes:
        shape: the lengths of the lists, the outermost first; empty for a value that is not a list.
        values: the values, in order.
        types: the types of the values, so that most inputs need no check of each value.
    """

    shape: tuple[int, ...]
    values: list[Json]
    types: set[type]


def flatten(value: Json) -> Flat:
    """Flatten nested lists.

    Raises:
        UnevenLists: lists at one depth have different lengths.
        MixedValues: lists and other values stand at one depth.
    """
    shape: list[int] = []
    level = [value]
    while (types := set(map(type, level))) == {list}:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise UnevenLists
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    if list in types:
        raise MixedValues
    return Flat(tuple(shape), level, types)


def is_base64(value: Json) -> bool:
    """Whether a value is ``{"b64": "..."}``."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def is_named(value: Json) -> bool:
    """Whether a value is an object with a member for each input, and does not stand for bytes."""
    return isinstance(value, dict) and not is_base64(value)


def from_base64(text: str) -> bytes:
    """Decode base64 (RFC 4648); the padding is required.

    Raises:
        ValueError: the text is not base64.
    """
    return base64.b64decode(text, validate=True)


def to_base64(content: bytes) -> dict[str, str]:
    """Bytes as TensorFlow Serving's REST API writes them."""
    return {"b64": base64.b64encode(content).decode()}


def is_binary(output: str) -> bool:
    """Whether an output's strings are always written as base64, by TensorFlow Serving's rule for names."""
    return output.endswith("_bytes")
