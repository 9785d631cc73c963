"""Writes JSON in TensorFlow Serving's layout: its number formats, indents, and arrays on one line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from serving.model_server.status import invalid_argument
from serving.model_server.tensors import CODEC, dtype_name
from serving.wire.json_values import is_binary, to_base64
from serving.wire.tensors import Array

INDENT = "    "
_ESCAPES = {
    **{ordinal: f"\\u{ordinal:04X}" for ordinal in range(32)},
    8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\",
}  # fmt: skip


def quote(text: str) -> str:
    """A JSON string, in which only quotes, backslashes and control characters are escaped."""
    return f'"{text.translate(_ESCAPES)}"'


def error(message: str) -> str:
    """The body of an error answer."""
    return f'{{\n{INDENT}"error": {quote(message)}\n}}'


def floats(array: Array) -> list[str]:
    """Float32 or float64 numbers, with six digits if that keeps the value, else with all digits.

    Denormal numbers are written as zero, as on a processor that flushes them.
    """
    tiny = np.finfo(array.dtype).tiny
    flat = np.where(np.abs(array) < tiny, np.copysign(array.dtype.type(0), array), array).ravel()
    short = [f"{number:.6g}" for number in flat.tolist()]
    kept = np.array(short, np.float64).astype(array.dtype) == flat
    digits = 9 if array.dtype.itemsize == 4 else 17
    return [
        _decimal(text if same else f"{number:.{digits}g}")
        for text, same, number in zip(short, kept.tolist(), flat.tolist(), strict=True)
    ]


def _decimal(text: str) -> str:
    if text.lstrip("-").isdigit():
        return text + ".0"
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text)


def leaves(name: str, array: Array, depth: int) -> list[str]:
    """The text of every value of a tensor.

    Args:
        name: the output's name; if it ends in ``_bytes``, strings are written as ``{"b64": ...}``.
        array: the output.
        depth: nesting depth of the values, for the indent of such objects.

    Raises:
        StatusError: INVALID_ARGUMENT, JSON cannot express the dtype.
    """
    if array.dtype in (np.float32, np.float64):
        return floats(array)
    if array.dtype == np.bool_:
        return ["true" if value else "false" for value in array.ravel().tolist()]
    if array.dtype.kind in "iu" and array.dtype != np.uint16:
        return [str(value) for value in array.ravel().tolist()]
    if array.dtype == object:
        if is_binary(name):
            return [_base64(value, depth) for value in array.ravel()]
        return [quote(value.decode("utf-8", "surrogateescape")) for value in array.ravel()]
    kind = dtype_name(CODEC.data_types[array.dtype])
    raise invalid_argument(f"Failed to write JSON value for tensor type: {kind}")


def _base64(value: bytes, depth: int) -> str:
    return f'{{\n{INDENT * (depth + 1)}"b64": "{to_base64(value)["b64"]}"\n{INDENT * depth}}}'


def one_line(texts: Sequence[str], shape: Sequence[int]) -> str:
    """Nested arrays of ``shape`` on one line."""
    if not shape:
        return texts[0]
    inner = math.prod(shape[1:])
    rows = (one_line(texts[row * inner : (row + 1) * inner], shape[1:]) for row in range(shape[0]))
    return f"[{', '.join(rows)}]"


def indented(texts: Sequence[str], shape: Sequence[int], depth: int) -> str:
    """Nested arrays of ``shape`` with every value on its own line."""
    if not shape:
        return texts[0]
    if not shape[0]:
        return "[]"
    inner = math.prod(shape[1:])
    before = f"\n{INDENT * (depth + 1)}"
    rows = (indented(texts[row * inner : (row + 1) * inner], shape[1:], depth + 1) for row in range(shape[0]))
    return f"[{before}{f',{before}'.join(rows)}\n{INDENT * depth}]"
