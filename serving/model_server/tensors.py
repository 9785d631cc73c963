"""``TensorProto`` to NumPy and back, by TensorFlow Serving's lenient rules, which clients rely on."""

from __future__ import annotations

import ml_dtypes
import numpy as np
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.model_server.status import invalid_argument
from serving.wire.elements import ELEMENTS, Element
from serving.wire.tensors import Array, TensorCodec, WireError

BFLOAT16 = Element(np.dtype(ml_dtypes.bfloat16), "half_val")
CODEC = TensorCodec({**ELEMENTS, types_pb2.DT_BFLOAT16: BFLOAT16}, lenient=True)


def dtype_name(data_type: int) -> str:
    """TensorFlow's name of a dtype, such as ``float`` for DT_FLOAT."""
    return str(types_pb2.DataType.Name(data_type)).removeprefix("DT_").lower()


def to_array(proto: tensor_pb2.TensorProto, alias: str) -> Array:
    """Read a tensor.

    Args:
        proto: has its values in the typed field or in ``tensor_content``.
        alias: the input's name, for the error.

    Raises:
        StatusError: INVALID_ARGUMENT, dtype or shape is not known, or the content has the wrong length.
    """
    try:
        return CODEC.read(proto)
    except WireError as error:
        raise invalid_argument(f"tensor parsing error: {alias}") from error
