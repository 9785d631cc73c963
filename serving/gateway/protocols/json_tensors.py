"""JSON values to and from arrays, checked against the model's signature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.errors import InputError, ModelError
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.json_values import (
    Json,
    MixedValues,
    UnevenLists,
    flatten,
    from_base64,
    is_base64,
    is_binary,
    to_base64,
)
from serving.wire.signatures import TensorSpec
from serving.wire.tensors import ELEMENTS, Array, object_array

PICTURES_ELSEWHERE = (
    "This call takes pixels as numbers. Send an encoded picture to :classify, which decodes and prepares it."
)


def to_array(value: Json, spec: TensorSpec, name: str) -> Array:
    """Convert nested lists to the tensor that a signature declares; raises InputError if they do not fit."""
    try:
        shape, values, types = flatten(value)
    except UnevenLists as error:
        raise InputError(f"The lists of the input {name!r} have different lengths.") from error
    except MixedValues as error:
        raise InputError(f"The input {name!r} mixes lists and values.") from error
    if values and is_base64(values[0]) and spec.data_type != pb.DT_STRING:
        raise InputError(PICTURES_ELSEWHERE)
    check_shape(shape, spec, name)
    return flat_array(values, types, spec.data_type, name).reshape(shape)


def flat_array(flat: Sequence[Json], types: set[type], data_type: int, name: str) -> Array:
    """Convert a flat list, whose ``types`` are known, to an array; raises like ``to_array``."""
    element = ELEMENTS.get(data_type)
    if element is None or element.dtype.kind == "c":
        raise InputError(f"The input {name!r} has a type that JSON cannot represent.")
    dtype, is_float = element.dtype, element.dtype.kind == "f"
    if dtype.kind == "O":
        return object_array([_bytes(each, name) for each in flat])
    if is_float and not types <= {int, float}:
        raise InputError(f"The input {name!r} accepts only numbers.")
    if not is_float and types != ({bool} if dtype.kind == "b" else {int}):
        raise InputError(f"The input {name!r} accepts only values of type {dtype.name}.")
    try:
        with np.errstate(over="raise"):
            return np.array(flat, np.float64 if is_float else dtype).astype(dtype, copy=False)
    except (OverflowError, FloatingPointError) as error:
        raise InputError(f"A value of the input {name!r} does not fit {dtype.name}.") from error


def check_shape(shape: Sequence[int], spec: TensorSpec, name: str) -> None:
    """Compare a shape with a signature's; raises InputError if it differs, or holds no values at all."""
    if not spec.fits(shape):
        sizes = ", ".join("N" if size < 0 else str(size) for size in spec.shape or ())
        raise InputError(f"The input {name!r} has shape {list(shape)}; the model takes [{sizes}].")
    if 0 in shape:
        raise InputError(f"The input {name!r} is empty.")


def from_array(array: Array, name: str) -> Json:
    """Convert an output to JSON. Strings become base64 if they are not UTF-8 or the name ends in ``_bytes``.

    Raises:
        ModelError: the output is complex, or contains NaN or infinity, which JSON cannot express.
    """
    if array.dtype == object:
        encode = to_base64 if is_binary(name) else _text_or_base64
        return object_array(list(map(encode, array.ravel().tolist()))).reshape(array.shape).tolist()
    if array.dtype.kind == "c":
        raise ModelError(f"The output {name!r} is complex, which JSON cannot represent.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelError(f"The output {name!r} has NaN or infinity, which JSON cannot represent.")
    # orjson writes arrays itself, floats with the digits they need. It takes scalars, but no 0-d arrays.
    return np.ascontiguousarray(array) if array.ndim else array[()]


def _bytes(value: Json, name: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not is_base64(value):
        raise InputError(f'The input {name!r} accepts only strings, or bytes as {{"b64": "..."}}.')
    try:
        return from_base64(value["b64"])
    except ValueError as error:
        raise InputError(f"A b64 of the input {name!r} is not base64.") from error


def _text_or_base64(content: bytes) -> Json:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return to_base64(content)
