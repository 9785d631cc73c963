"""TensorProto to arrays and back by TensorFlow Serving's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.model_server.status import Code, StatusError
from serving.model_server.tensors import CODEC, to_array


def proto(dtype: int, shape: list[int], **values: Any) -> tensor_pb2.TensorProto:  # noqa: ANN401
    made = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    return made


def test_too_few_values_are_filled_up_with_the_last_one() -> None:
    assert to_array(proto(1, [3], float_val=[2, 4]), "x").tolist() == [2.0, 4.0, 4.0]


def test_too_many_values_are_dropped() -> None:
    assert to_array(proto(1, [1], float_val=[2, 4]), "x").tolist() == [2.0]


def test_no_values_mean_zeros_and_empty_strings() -> None:
    assert to_array(proto(1, [2]), "x").tolist() == [0.0, 0.0]
    assert to_array(proto(7, [2]), "x").tolist() == [b"", b""]


def test_integers_wrap_around() -> None:
    assert to_array(proto(4, [3], int_val=[1, 256, -1]), "x").tolist() == [1, 0, 255]
    assert to_array(proto(19, [1], half_val=[65536 + 15360]), "x").tolist() == [1.0]


def test_a_shape_of_unknown_rank_is_that_of_a_scalar() -> None:
    made = proto(1, [], float_val=[2])
    made.tensor_shape.unknown_rank = True
    assert to_array(made, "x").tolist() == 2.0


@pytest.mark.parametrize(
    "broken",
    [
        proto(0, [1], float_val=[1]),
        proto(1, [-1], float_val=[1]),
        proto(1, [3], tensor_content=b"\0" * 8),
        proto(7, [1], tensor_content=b"\xff"),
        proto(7, [1], tensor_content=b"\x05a"),
        proto(12, [1], int_val=[1]),
        proto(1, [300_000, 28, 28, 1], float_val=[1]),
        proto(1, [2**29], float_val=[1]),
        proto(1, [2**62], float_val=[1]),
        proto(1, [2**40, 2**40], float_val=[1]),
        proto(8, [1], scomplex_val=[1]),
    ],
    ids=[
        "no dtype",
        "negative size",
        "short content",
        "endless length",
        "short string",
        "quantized",
        "50 bytes for 900 MB",
        "beyond a message",
        "beyond memory",
        "beyond integers",
        "half a complex number",
    ],
)
def test_a_tensor_that_cannot_be_read_is_refused_by_its_name(broken: tensor_pb2.TensorProto) -> None:
    with pytest.raises(StatusError, match="tensor parsing error: pixels") as caught:
        to_array(broken, "pixels")
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("as_content", [False, True])
@pytest.mark.parametrize("data_type", CODEC.elements)
def test_every_dtype_survives_the_round_trip_and_tensorflow_agrees(data_type: int, as_content: bool) -> None:
    if data_type == types_pb2.DT_STRING:
        array = np.array([[b"hi", b"\xff" * 200], [b"", b"x"]], object)
    else:
        array = np.array([[0, 1], [1, 0]]).astype(CODEC.elements[data_type].dtype)
    made = tensor_pb2.TensorProto()
    CODEC.write(array, made, as_content=as_content)
    back = to_array(made, "x")
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tolist() == array.tolist()
    if not (as_content and data_type == types_pb2.DT_STRING):
        assert tf.make_ndarray(made).tolist() == array.tolist()


def test_a_scalar_has_a_shape_of_no_dimensions() -> None:
    made = tensor_pb2.TensorProto()
    CODEC.write(np.array(3, np.int64), made, as_content=False)
    assert made.HasField("tensor_shape")
    assert to_array(made, "x").shape == ()
