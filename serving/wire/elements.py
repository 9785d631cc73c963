"""Element types of tensors: their NumPy dtypes, and their typed lists in ``TensorProto``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from serving.wire import tensorflow_serving_pb2 as pb


class Element(NamedTuple):
    """How values of one type are transferred.

    Attributes:
        dtype: the dtype of an array of them; object for strings.
        field: the typed list of ``TensorProto`` that holds them.
    """

    dtype: np.dtype[Any]
    field: str

    @property
    def listed_dtype(self) -> np.dtype[Any]:
        """The dtype of the typed list's items: the bits of a half, the two parts of a complex number."""
        if self.field == "half_val":
            return np.dtype("<u2")
        if self.dtype.kind == "c":
            return np.dtype(f"<f{self.dtype.itemsize // 2}")
        return self.dtype


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
    pb.DT_STRING: Element(np.dtype(object), "string_val"),
}
