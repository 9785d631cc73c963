"""JSON values to and from arrays, with every value checked against what the model's signature says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from serving.errors import InputError, ModelError
from serving.gateway.model_client.predictor import TensorSpec
from serving.wire.tensors import ELEMENTS, Array

Json = Any


def to_array(value: Json, spec: TensorSpec, name: str) -> Array:
    """Read nested lists as the tensor that a signature wants.

    Raises:
        InputError: for lists that are no tensor, another shape or type, values out of range, or nothing.
    """
    shape, flat = _flatten(value, name)
    check_shape(shape, spec, name)
    return flat_array(flat, spec.data_type, name).reshape(shape)


def flat_array(flat: Sequence[Json], data_type: int, name: str) -> Array:
    """Read a flat list of values of one type; raises as ``to_array``."""
    element = ELEMENTS.get(data_type)
    if element is None or element.dtype.kind == "c":
        raise InputError(f"The input {name!r} is of a type that JSON cannot carry.")
    types = set(map(type, flat))
    kind = element.dtype.kind
    if kind == "O":
        return _strings(flat, name)
    if kind == "f":
        return _floats(flat, types, element.dtype, name)
    if types != ({bool} if kind == "b" else {int}):
        raise InputError(f"The input {name!r} takes values of type {element.dtype.name} only.")
    try:
        return np.array(flat, element.dtype)
    except OverflowError as error:
        raise InputError(f"A value of the input {name!r} does not fit {element.dtype.name}.") from error


def check_shape(shape: Sequence[int], spec: TensorSpec, name: str) -> None:
    """Compare a shape with a signature's.

    Raises:
        InputError: when it differs or holds no values at all.
    """
    wanted = spec.shape
    fits = wanted is None or (
        len(wanted) == len(shape) and all(size in (-1, has) for size, has in zip(wanted, shape, strict=True))
    )
    if not fits:
        raise InputError(f"The input {name!r} has shape {list(shape)}; the model takes {_readable(wanted)}.")
    if 0 in shape:
        raise InputError(f"The input {name!r} is empty.")


def from_array(array: Array, name: str) -> Json:
    """An output as JSON; strings that are not UTF-8, or whose name ends in ``_bytes``, as base64.

    Raises:
        ModelError: for NaN and infinity, which JSON does not have.
    """
    if array.dtype == object:
        encode = base64_object if name.endswith("_bytes") else _text_or_base64
        flat = np.empty(array.size, object)
        flat[:] = [encode(each) for each in array.ravel().tolist()]
        return flat.reshape(array.shape).tolist()
    if array.dtype.kind == "c":
        raise ModelError(f"The output {name!r} is complex, which JSON cannot carry.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelError(f"The output {name!r} holds NaN or infinity, which JSON cannot carry.")
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    # orjson writes arrays itself, float32 with as many digits as it has; scalars it does not take as arrays.
    return np.ascontiguousarray(array) if array.ndim else array[()]


def base64_object(content: bytes) -> dict[str, str]:
    """Bytes as TensorFlow Serving's REST API writes them."""
    return {"b64": base64.b64encode(content).decode()}


def is_base64_object(value: Json) -> bool:
    """Whether a value stands for bytes."""
    return isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str)


def _flatten(value: Json, name: str) -> tuple[list[int], list[Json]]:
    shape: list[int] = []
    level = [value]
    while level and set(map(type, level)) == {list}:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise InputError(f"The lists of the input {name!r} are of different lengths.")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    if any(isinstance(each, list) for each in level):
        raise InputError(f"The input {name!r} mixes lists and values.")
    return shape, level


def _floats(flat: Sequence[Json], types: set[type], dtype: np.dtype[Any], name: str) -> Array:
    if not types <= {int, float}:
        raise InputError(f"The input {name!r} takes numbers only.")
    try:
        with np.errstate(over="ignore"):
            array = np.array(flat, np.float64).astype(dtype)
    except OverflowError as error:
        raise InputError(f"A value of the input {name!r} does not fit {dtype.name}.") from error
    if not np.isfinite(array).all():
        raise InputError(f"A value of the input {name!r} does not fit {dtype.name}.")
    return array


def _strings(flat: Sequence[Json], name: str) -> Array:
    array = np.empty(len(flat), object)
    array[:] = [_bytes(each, name) for each in flat]
    return array


def _bytes(value: Json, name: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not is_base64_object(value):
        raise InputError(f'The input {name!r} takes strings, or bytes as {{"b64": "..."}}.')
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"A b64 of the input {name!r} is not base64.") from error


def _text_or_base64(content: bytes) -> Json:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64_object(content)


def _readable(shape: Sequence[int] | None) -> str:
    return "any" if shape is None else "[" + ", ".join("N" if size < 0 else str(size) for size in shape) + "]"
