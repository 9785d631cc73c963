"""NumPy arrays to and from ``TensorProto``, in both of its forms, everything checked.

A tensor travels either as ``tensor_content`` (the raw little-endian bytes; what TensorFlow's own helper
writes) or in a typed list such as ``float_val`` (what TensorFlow Serving answers unless told otherwise).
TensorFlow pads a list that is too short with its last value and drops what is too much; here both are errors.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from serving.wire import tensorflow_serving_pb2 as pb

Array = NDArray[Any]


class WireError(ValueError):
    """A tensor that does not hold what its dtype and shape say."""


class Element(NamedTuple):
    """How one element type travels: its NumPy dtype and the typed list it uses."""

    dtype: np.dtype[Any]
    field: str


_STRING = np.dtype(object)
ELEMENTS: dict[int, Element] = {
    pb.DT_FLOAT: Element(np.dtype("<f4"), "float_val"),
    pb.DT_DOUBLE: Element(np.dtype("<f8"), "double_val"),
    pb.DT_HALF: Element(np.dtype("<f2"), "half_val"),
    pb.DT_INT8: Element(np.dtype("i1"), "int_val"),
    pb.DT_INT16: Element(np.dtype("<i2"), "int_val"),
    pb.DT_INT32: Element(np.dtype("<i4"), "int_val"),
    pb.DT_INT64: Element(np.dtype("<i8"), "int64_val"),
    pb.DT_UINT8: Element(np.dtype("u1"), "int_val"),
    pb.DT_UINT16: Element(np.dtype("<u2"), "int_val"),
    pb.DT_UINT32: Element(np.dtype("<u4"), "uint32_val"),
    pb.DT_UINT64: Element(np.dtype("<u8"), "uint64_val"),
    pb.DT_BOOL: Element(np.dtype("?"), "bool_val"),
    pb.DT_COMPLEX64: Element(np.dtype("<c8"), "scomplex_val"),
    pb.DT_COMPLEX128: Element(np.dtype("<c16"), "dcomplex_val"),
    pb.DT_STRING: Element(_STRING, "string_val"),
}
_DATA_TYPES = {element.dtype: data_type for data_type, element in ELEMENTS.items()}


def to_proto(array: Array) -> pb.TensorProto:
    """Pack an array; numbers as ``tensor_content``, an object array of bytes as ``string_val``.

    Raises:
        WireError: for a dtype that has no counterpart.
    """
    data_type = _DATA_TYPES.get(array.dtype)
    if data_type is None:
        raise WireError(f"no tensor type for dtype {array.dtype}")
    tensor = pb.TensorProto(dtype=cast("pb.DataType", data_type))
    dims = tensor.tensor_shape.dim
    for size in array.shape:
        dims.add(size=size)
    if data_type == pb.DT_STRING:
        tensor.string_val.extend(array.ravel().tolist())
    else:
        tensor.tensor_content = array.tobytes()
    return tensor


def to_proto_values(array: Array) -> pb.TensorProto:
    """Pack an array into the typed list of its dtype, as TensorFlow Serving answers by default.

    Raises:
        WireError: for a dtype that has no counterpart.
    """
    tensor = to_proto(array)
    if tensor.dtype != pb.DT_STRING:
        tensor.ClearField("tensor_content")
        getattr(tensor, ELEMENTS[tensor.dtype].field).extend(_listed(array).tolist())
    return tensor


def from_proto(tensor: pb.TensorProto) -> Array:
    """Unpack a tensor of either form into an array of its own dtype; strings become an object array of bytes.

    Raises:
        WireError: when dtype, shape and the number of values do not agree.
    """
    element = ELEMENTS.get(tensor.dtype)
    if element is None:
        raise WireError(f"tensor type {tensor.dtype} is not supported")
    shape = shape_of(tensor.tensor_shape)
    if tensor.tensor_content:
        flat = _from_content(tensor.tensor_content, element, math.prod(shape))
    else:
        flat = _from_values(getattr(tensor, element.field), tensor.dtype, element)
    if flat.size != math.prod(shape):
        raise WireError(f"{flat.size} values for shape {list(shape)}")
    try:
        return flat.reshape(shape)
    except ValueError as error:  # more axes than NumPy has, or sizes beyond its integers beside a zero
        raise WireError("the tensor's shape is beyond what can be held") from error


def shape_of(shape: pb.TensorShapeProto) -> tuple[int, ...]:
    """The sizes of a shape.

    Raises:
        WireError: when it is not fully known.
    """
    sizes = tuple(dim.size for dim in shape.dim)
    if shape.unknown_rank or any(size < 0 for size in sizes):
        raise WireError("the tensor's shape is not fully known")
    return sizes


def _from_content(content: bytes, element: Element, count: int) -> Array:
    if element.dtype == _STRING:
        return _objects(_split_strings(content, count))
    if len(content) != count * element.dtype.itemsize:
        raise WireError(f"{len(content)} bytes for {count} values of {element.dtype}")
    return np.frombuffer(content, element.dtype)


def _from_values(values: Any, data_type: int, element: Element) -> Array:  # noqa: ANN401 - repeated fields share no type
    if data_type == pb.DT_STRING:
        return _objects(list(values))
    if data_type in (pb.DT_COMPLEX64, pb.DT_COMPLEX128):
        if len(values) % 2:
            raise WireError("an odd number of parts for complex values")
        return np.array(values, "<f4" if data_type == pb.DT_COMPLEX64 else "<f8").view(element.dtype)
    try:
        if data_type == pb.DT_HALF:
            return np.array(values, np.uint16).view(np.float16)
        return np.array(values, element.dtype)
    except OverflowError as error:
        raise WireError(f"a value does not fit {element.dtype}") from error


def _listed(array: Array) -> Array:
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype == np.float16:
        return flat.view(np.uint16)
    if flat.dtype.kind == "c":
        return flat.view(f"<f{flat.dtype.itemsize // 2}")
    return flat


def _objects(values: list[bytes]) -> Array:
    flat = np.empty(len(values), object)
    flat[:] = values
    return flat


def _split_strings(content: bytes, count: int) -> list[bytes]:
    """Strings as content: first all lengths as varints, then all bytes."""
    lengths, at = [], 0
    for _ in range(count):
        length, at = _varint(content, at)
        lengths.append(length)
    if len(content) - at != sum(lengths):
        raise WireError("the strings are not as long as they say")
    strings = []
    for length in lengths:
        strings.append(content[at : at + length])
        at += length
    return strings


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(content) and shift < 64:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise WireError("a string's length is cut short")
