"""NumPy arrays to and from ``TensorProto``.

A tensor has one of two forms: packed into ``tensor_content`` (raw little-endian bytes, as TensorFlow's own
helper writes it), or in a typed list such as ``float_val`` (as TensorFlow Serving answers by default).
Nothing here imports TensorFlow; its own ``TensorProto`` has the same fields and works as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from serving.wire import strings
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.elements import ELEMENTS, Element

__all__ = ["ELEMENTS", "Array", "TensorCodec", "WireError", "from_proto", "object_array", "to_proto"]

Array = NDArray[Any]

_FILLED_UP = 16 * 2**20
"""Maximum size in bytes of a tensor that is filled up from a few values. Without a limit, a request of 50
bytes could take any amount of memory by its shape."""


class WireError(ValueError):
    """A tensor whose values do not match its dtype and shape."""


class TensorCodec:
    """Reads and writes tensors of a set of element types.

    Args:
        elements: the types by the number of their ``DataType``.
        lenient: read typed lists by TensorFlow Serving's rules instead of refusing those that do not fit. The
            last value is repeated in a short list, an empty list means zeros, surplus values are dropped,
            integers wrap around, and an unknown rank means a scalar.
    """

    def __init__(self, elements: Mapping[int, Element], *, lenient: bool = False) -> None:
        self.elements = elements
        self.data_types = {element.dtype: data_type for data_type, element in elements.items()}
        self.lenient = lenient

    def read(self, tensor: pb.TensorProto) -> Array:
        """Read a tensor of either form as an array; strings become an object array of bytes.

        Raises:
            WireError: dtype, shape and values do not match.
        """
        element = self.elements.get(tensor.dtype)
        if element is None:
            raise WireError(f"tensor type {tensor.dtype} is not supported")
        shape = self._shape(tensor.tensor_shape)
        try:
            return self._flat(tensor, element, math.prod(shape)).reshape(shape)
        except WireError:
            raise
        except (ValueError, OverflowError, MemoryError) as error:
            raise WireError(f"the values do not fit {element.dtype} and the shape") from error

    def write(self, array: Array, tensor: pb.TensorProto, *, as_content: bool) -> None:
        """Write an array into an empty message, packed or as a typed list.

        Raises:
            WireError: there is no tensor type for the dtype.
        """
        data_type = self.data_types.get(array.dtype)
        if data_type is None:
            raise WireError(f"no tensor type for dtype {array.dtype}")
        element = self.elements[data_type]
        tensor.dtype = cast("pb.DataType", data_type)
        shape = tensor.tensor_shape
        shape.SetInParent()  # a scalar has a shape too, one without dimensions
        for size in array.shape:
            shape.dim.add(size=size)
        if not as_content:
            getattr(tensor, element.field).extend(array.ravel().view(element.listed_dtype).tolist())
        elif element.dtype.kind == "O":
            tensor.tensor_content = strings.pack(array.ravel().tolist())
        else:
            tensor.tensor_content = array.tobytes()

    def _shape(self, shape: pb.TensorShapeProto) -> tuple[int, ...]:
        sizes = tuple(dim.size for dim in shape.dim)
        if (shape.unknown_rank and not self.lenient) or any(size < 0 for size in sizes):
            raise WireError("the tensor's shape is not fully known")
        return sizes

    def _flat(self, tensor: pb.TensorProto, element: Element, count: int) -> Array:
        if tensor.tensor_content:
            return _from_content(tensor.tensor_content, element, count)
        values = getattr(tensor, element.field)
        if self.lenient:
            return _fit(_from_list(values, element, wrap=True), count)
        flat = _from_list(values, element, wrap=False)
        if flat.size != count:
            raise WireError(f"{flat.size} values where the shape holds {count}")
        return flat


def _from_content(content: bytes, element: Element, count: int) -> Array:
    if element.dtype.kind == "O":
        return object_array(strings.unpack(content, count))
    if len(content) != count * element.dtype.itemsize:
        raise WireError(f"{len(content)} bytes for {count} values of {element.dtype}")
    return np.frombuffer(content, element.dtype)


def _from_list(values: Sequence[Any], element: Element, *, wrap: bool) -> Array:
    if element.dtype.kind == "O":
        return object_array(values)
    listed = element.listed_dtype
    if wrap and listed.kind in "iu":
        wide = np.uint64 if listed.kind == "u" and listed.itemsize == 8 else np.int64
        return np.array(values, wide).astype(listed).view(element.dtype)
    return np.array(values, listed).view(element.dtype)


def _fit(values: Array, count: int) -> Array:
    """Fit values to ``count``: drop surplus ones, repeat the last one, or use zeros if there are none."""
    if len(values) >= count:
        return values[:count]
    if count * values.itemsize > _FILLED_UP:
        raise WireError(f"{len(values)} values for a shape that holds {count}")
    fitted = np.zeros(count, values.dtype)
    fitted[: len(values)] = values
    if len(values) or values.dtype.kind == "O":
        fitted[len(values) :] = values[-1] if len(values) else b""
    return fitted


def object_array(values: Sequence[Any]) -> Array:
    """A flat array of strings, or of other objects."""
    flat = np.empty(len(values), object)
    flat[:] = values
    return flat


_STRICT = TensorCodec(ELEMENTS)


def from_proto(tensor: pb.TensorProto) -> Array:
    """Read a tensor strictly; see ``TensorCodec.read``."""
    return _STRICT.read(tensor)


def to_proto(array: Array) -> pb.TensorProto:
    """Write an array in the form that every reader knows: numbers packed, strings as a list.

    Raises:
        WireError: there is no tensor type for the dtype.
    """
    tensor = pb.TensorProto()
    _STRICT.write(array, tensor, as_content=array.dtype.kind != "O")
    return tensor
