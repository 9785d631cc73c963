"""Tensors of the Open Inference Protocol v2, in JSON and in its binary extension."""

from __future__ import annotations

import math
import struct
from typing import cast

import numpy as np

from serving.errors import InputError, ModelError
from serving.gateway.protocols.json_tensors import check_shape, flat_array
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.json_values import Json
from serving.wire.signatures import TensorSpec
from serving.wire.tensors import ELEMENTS, Array, object_array

DATATYPES: dict[int, str] = {
    pb.DT_BOOL: "BOOL", pb.DT_STRING: "BYTES",
    pb.DT_UINT8: "UINT8", pb.DT_UINT16: "UINT16", pb.DT_UINT32: "UINT32", pb.DT_UINT64: "UINT64",
    pb.DT_INT8: "INT8", pb.DT_INT16: "INT16", pb.DT_INT32: "INT32", pb.DT_INT64: "INT64",
    pb.DT_HALF: "FP16", pb.DT_FLOAT: "FP32", pb.DT_DOUBLE: "FP64",
}  # fmt: skip
_BY_DTYPE = {ELEMENTS[kind].dtype: name for kind, name in DATATYPES.items()}
MAX_RANK = 32


def datatype_of(spec: TensorSpec) -> str:
    """The protocol's name for a signature's type, or TensorFlow's name if the protocol has none."""
    return DATATYPES.get(spec.data_type, pb.DataType.Name(cast("pb.DataType", spec.data_type)))


def read_shape(value: Json, spec: TensorSpec, name: str) -> tuple[int, ...]:
    """Read a shape; raises InputError if it is none, or not the signature's."""
    if not isinstance(value, list) or len(value) > MAX_RANK or any(type(size) is not int for size in value):
        raise InputError(f"The shape of the input {name!r} must be a list of whole numbers.")
    if any(not 0 <= size < 2**31 for size in value):
        raise InputError(f"The shape of the input {name!r} is out of range.")
    check_shape(value, spec, name)
    return tuple(value)


def from_data(data: Json, shape: tuple[int, ...], spec: TensorSpec, name: str) -> Array:
    """Read ``data``, flat or nested; raises InputError if the values do not fit type and shape."""
    if not isinstance(data, list):
        raise InputError(f"The data of the input {name!r} must be a list.")
    flat: list[Json] = data
    while flat and all(isinstance(each, list) for each in flat):
        flat = [value for each in flat for value in each]
    if len(flat) != math.prod(shape):
        raise InputError(f"The input {name!r} has {len(flat)} values for shape {list(shape)}.")
    return flat_array(flat, set(map(type, flat)), spec.data_type, name).reshape(shape)


def from_binary(content: bytes, shape: tuple[int, ...], spec: TensorSpec, name: str) -> Array:
    """Read the raw bytes of a tensor: little-endian values, or strings each after its length.

    Raises:
        InputError: the bytes do not match the shape, or contain NaN or infinity.
    """
    dtype = ELEMENTS[spec.data_type].dtype
    count = math.prod(shape)
    if dtype.kind == "O":
        return _split(content, count, name).reshape(shape)
    if len(content) != count * dtype.itemsize:
        raise InputError(f"The input {name!r} has {len(content)} bytes for shape {list(shape)}.")
    if dtype.kind == "b" and content.strip(b"\0\1"):
        raise InputError(f"The input {name!r} may have only 0 and 1.")
    array = np.frombuffer(content, dtype).reshape(shape)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"The input {name!r} has NaN or infinity.")
    return array


def describe_output(array: Array, name: str) -> dict[str, Json]:
    """An output's name, shape and type, as the answer gives them; raises ModelError for other types."""
    datatype = _BY_DTYPE.get(array.dtype)
    if datatype is None:
        raise ModelError(f"The output {name!r} has a type that the protocol cannot represent.")
    return {"name": name, "shape": list(array.shape), "datatype": datatype}


def to_binary(array: Array) -> bytes:
    """An output's values as raw bytes."""
    if array.dtype == object:
        return b"".join(struct.pack("<I", len(each)) + each for each in array.ravel().tolist())
    return array.tobytes()


def _split(content: bytes, count: int, name: str) -> Array:
    strings: list[bytes] = []
    at = 0
    while at + 4 <= len(content) and len(strings) <= count:
        (length,) = struct.unpack_from("<I", content, at)
        strings.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(content) or len(strings) != count:
        raise InputError(f"The bytes of the input {name!r} do not encode {count} strings.")
    return object_array(strings)
