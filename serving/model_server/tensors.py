"""``TensorProto`` to NumPy and back, by TensorFlow Serving's rules rather than those of ``tf.make_ndarray``.

Too few values are filled up with the last one, too many are dropped, none at all means zeros, and integers
wrap around: clients rely on the first of these, and recorded exchanges hold the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.model_server.arrays import Array
from serving.model_server.status import invalid_argument


class Kind(NamedTuple):
    """How a dtype travels: TensorFlow's name, the NumPy dtype and the typed field of ``TensorProto``."""

    name: str
    numpy: np.dtype[Any]
    field: str


def _kind(name: str, numpy: object, field: str) -> Kind:
    return Kind(name, np.dtype(numpy), field)  # type: ignore[call-overload]


KINDS: dict[int, Kind] = {
    types_pb2.DT_FLOAT: _kind("float", "<f4", "float_val"),
    types_pb2.DT_DOUBLE: _kind("double", "<f8", "double_val"),
    types_pb2.DT_HALF: _kind("half", "<f2", "half_val"),
    types_pb2.DT_BFLOAT16: _kind("bfloat16", ml_dtypes.bfloat16, "half_val"),
    types_pb2.DT_INT8: _kind("int8", "i1", "int_val"),
    types_pb2.DT_INT16: _kind("int16", "<i2", "int_val"),
    types_pb2.DT_INT32: _kind("int32", "<i4", "int_val"),
    types_pb2.DT_INT64: _kind("int64", "<i8", "int64_val"),
    types_pb2.DT_UINT8: _kind("uint8", "u1", "int_val"),
    types_pb2.DT_UINT16: _kind("uint16", "<u2", "int_val"),
    types_pb2.DT_UINT32: _kind("uint32", "<u4", "uint32_val"),
    types_pb2.DT_UINT64: _kind("uint64", "<u8", "uint64_val"),
    types_pb2.DT_BOOL: _kind("bool", "?", "bool_val"),
    types_pb2.DT_STRING: _kind("string", object, "string_val"),
    types_pb2.DT_COMPLEX64: _kind("complex64", "<c8", "scomplex_val"),
    types_pb2.DT_COMPLEX128: _kind("complex128", "<c16", "dcomplex_val"),
}
ENUMS: dict[np.dtype[Any], int] = {kind.numpy: enum for enum, kind in KINDS.items()}


def dtype_name(enum: int) -> str:
    """TensorFlow's name of a dtype, such as ``float`` for DT_FLOAT."""
    kind = KINDS.get(enum)
    return kind.name if kind else str(types_pb2.DataType.Name(enum)).removeprefix("DT_").lower()


def to_array(proto: tensor_pb2.TensorProto, alias: str) -> Array:
    """Read a tensor.

    Args:
        proto: with values in the typed field or in ``tensor_content``.
        alias: the input's name, for the error.

    Raises:
        StatusError: INVALID_ARGUMENT for an unset dtype, a negative dimension or content of the wrong length.
    """
    kind = KINDS.get(proto.dtype)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if kind is None or any(size < 0 for size in shape):
        raise invalid_argument(f"tensor parsing error: {alias}")
    count = math.prod(shape)
    content = proto.tensor_content
    try:
        if content:
            flat = _from_content(content, kind, count)
        else:
            flat = _fill(_from_values(getattr(proto, kind.field), kind), kind, count)
        return flat.reshape(shape)
    except (ValueError, IndexError) as error:
        raise invalid_argument(f"tensor parsing error: {alias}") from error


def to_proto(array: Array, proto: tensor_pb2.TensorProto, *, as_content: bool = False) -> None:
    """Write an array into an empty proto: into the typed field or, for ``as_content``, packed."""
    enum = ENUMS[array.dtype]
    kind = KINDS[enum]
    proto.dtype = enum
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    flat = array.ravel()
    if not as_content:
        getattr(proto, kind.field).extend(_values(flat, kind))
    elif kind.name == "string":
        proto.tensor_content = b"".join(map(_varint, map(len, flat))) + b"".join(flat)
    else:
        proto.tensor_content = flat.tobytes()


def _from_content(content: bytes, kind: Kind, count: int) -> Array:
    if kind.name == "string":
        return _strings(content, count)
    if len(content) != count * kind.numpy.itemsize:
        raise ValueError("content of the wrong length")
    return np.frombuffer(content, kind.numpy)


def _from_values(values: Iterable[Any], kind: Kind) -> Array:
    if kind.name == "string":
        return _object_array(list(values))
    if kind.name in ("half", "bfloat16"):
        return np.array(values, np.int64).astype(np.uint16).view(kind.numpy)
    if kind.numpy.kind in "iu":
        return np.array(values, np.uint64 if kind.name == "uint64" else np.int64).astype(kind.numpy)
    if kind.numpy.kind == "c":
        part = np.dtype(f"<f{kind.numpy.itemsize // 2}")
        return np.array(values, part).view(kind.numpy)
    return np.array(values, kind.numpy)


def _fill(values: Array, kind: Kind, count: int) -> Array:
    """Bring ``values`` to ``count``: drop the surplus, repeat the last one, zeros where there are none."""
    if len(values) == count:
        return values
    if len(values) > count:
        return values[:count]
    filler = values[-1] if len(values) else (b"" if kind.name == "string" else kind.numpy.type(0))
    filled = np.empty(count, kind.numpy)
    filled[: len(values)] = values
    filled[len(values) :] = filler
    return filled


def _values(flat: Array, kind: Kind) -> list[Any]:
    if kind.name in ("half", "bfloat16"):
        flat = flat.view(np.uint16)
    elif kind.numpy.kind == "c":
        flat = flat.view(np.dtype(f"<f{kind.numpy.itemsize // 2}"))
    return flat.tolist()


def _object_array(items: list[bytes]) -> Array:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def _strings(content: bytes, count: int) -> Array:
    """Unpack strings: all lengths as varints, then all bytes."""
    lengths, at = [], 0
    for _ in range(count):
        length, shift, more = 0, 0, True
        while more:
            byte = content[at]
            length, shift, more, at = length | (byte & 127) << shift, shift + 7, byte > 127, at + 1
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise ValueError("content of the wrong length")
    items = []
    for length in lengths:
        items.append(content[at : at + length])
        at += length
    return _object_array(items)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
