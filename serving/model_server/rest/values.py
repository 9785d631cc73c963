"""JSON values as elements of a dtype: which fit, and TensorFlow Serving's messages for those that do not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tensorflow.core.framework import types_pb2

from serving.model_server.rest.excerpt import excerpt
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.model_server.tensors import CODEC, dtype_name
from serving.wire.json_values import Json, MixedValues, UnevenLists, flatten, from_base64, is_base64
from serving.wire.tensors import Array, object_array

_NAMES = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
_FLOATS = (types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE)
_INT32 = (-(2**31), 2**31 - 1)
_RANGES = {
    types_pb2.DT_INT8: _INT32, types_pb2.DT_INT16: _INT32, types_pb2.DT_INT32: _INT32,
    types_pb2.DT_UINT8: _INT32, types_pb2.DT_INT64: (-(2**63), 2**63 - 1),
    types_pb2.DT_UINT32: (0, 2**32 - 1), types_pb2.DT_UINT64: (0, 2**64 - 1),
}  # fmt: skip


def type_name(value: object) -> str:
    """TensorFlow Serving's name for the type of a JSON value."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    return _NAMES[type(value)]


@dataclass
class Column:
    """The values of one input, instance by instance. All have the shape of the first."""

    dtype: int
    shape: tuple[int, ...] = ()
    size: int = -1
    parts: list[Any] = field(default_factory=list)

    def add(self, item: Json) -> None:
        """Add an instance's value; raises INVALID_ARGUMENT if it does not fit."""
        shape, part = _flat_values(item, self.dtype)
        if self.size < 0:
            self.size, self.shape = len(part), shape
        elif len(part) != self.size:
            raise invalid_argument(f"Expecting tensor size: {self.size} but got: {len(part)}")
        elif shape != self.shape:
            raise invalid_argument(f"Expecting shape {_text(self.shape)} but got: {_text(shape)}")
        self.parts.append(part)

    def array(self, shape: tuple[int, ...]) -> Array:
        """All values as an array of a shape."""
        dtype = CODEC.elements[self.dtype].dtype
        if self.dtype == types_pb2.DT_STRING:
            return object_array([value for part in self.parts for value in part]).reshape(shape)
        wide = {"f": np.float64, "b": np.bool_}.get(
            dtype.kind, np.uint64 if self.dtype == types_pb2.DT_UINT64 else np.int64
        )
        with np.errstate(over="ignore"):
            return np.array(self.parts, wide).astype(dtype).reshape(shape)


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _flat_values(item: Json, dtype: int) -> tuple[tuple[int, ...], list[Json]]:
    """The shape and the checked values of nested lists."""
    try:
        shape, values, types = flatten(item)
    except (UnevenLists, MixedValues):
        shape = _shape(item)
        _raise_first_fault(item, 0, dtype, shape)
        raise
    if dtype in _FLOATS and types <= {int, float}:
        return shape, values
    return shape, [_value(each, dtype) for each in values]


def _shape(item: Json) -> tuple[int, ...]:
    """The shape of the first elements, level by level."""
    sizes = []
    while isinstance(item, list):
        sizes.append(len(item))
        if not item:
            break
        item = item[0]
    return tuple(sizes)


def _raise_first_fault(item: Json, level: int, dtype: int, shape: tuple[int, ...]) -> None:
    """Raise for the first list or value, depth first, that contradicts the shape or the type."""
    if not isinstance(item, list):
        if level != len(shape):
            raise invalid_argument(
                f"JSON Value: {excerpt(item)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        _value(item, dtype)
        return
    if level >= len(shape):
        raise invalid_argument(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(item) != shape[level]:
        raise invalid_argument(
            f"Encountered list at unexpected size: {len(item)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    for element in item:
        _raise_first_fault(element, level + 1, dtype, shape)


def _value(item: Json, dtype: int) -> Json:
    if isinstance(item, dict) and dtype == types_pb2.DT_STRING:
        return decode_base64(item)
    number = isinstance(item, int | float) and not isinstance(item, bool)
    if dtype in _FLOATS:
        fits = number
    elif dtype in _RANGES:
        low, high = _RANGES[dtype]
        fits = number and isinstance(item, int) and low <= item <= high
    elif dtype == types_pb2.DT_BOOL:
        fits = isinstance(item, bool)
    elif dtype == types_pb2.DT_STRING:
        fits = isinstance(item, str)
    elif isinstance(item, dict):
        fits = False
    else:
        message = f"Conversion of JSON Value: {excerpt(item)} to type: {dtype_name(dtype)}"
        raise StatusError(Code.UNIMPLEMENTED, message)
    if not fits:
        raise invalid_argument(
            f"JSON Value: {excerpt(item)} Type: {type_name(item)} "
            f"is not of expected type: {dtype_name(dtype)}"
        )
    return item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item


def decode_base64(item: dict[str, Any]) -> bytes:
    """The bytes of ``{"b64": "..."}``; the padding is optional.

    Raises:
        StatusError: INVALID_ARGUMENT, it is another object, or the text is not base64.
    """
    if not is_base64(item):
        raise invalid_argument(f"JSON Value: {excerpt(item)} not formatted correctly for base64 data")
    text = re.sub(r"\s", "", item["b64"])
    try:
        return from_base64(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise invalid_argument("Unable to base64 decode") from error
