"""Nested JSON lists: the shape they have, and what both readers make of lists without one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from serving.errors import InputError
from serving.gateway.protocols.json_tensors import to_array
from serving.model_server.rest.values import Column
from serving.model_server.status import StatusError
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.json_values import Json, MixedValues, UnevenLists, flatten, is_base64, is_named
from serving.wire.signatures import TensorSpec

NESTED = st.recursive(st.integers(0, 9), lambda inner: st.lists(inner, max_size=3), max_leaves=12)


def has_shape(value: Json) -> bool:
    try:
        flatten(value)
    except ValueError:
        return False
    return True


@given(st.lists(st.integers(0, 3), max_size=4))
def test_nested_lists_are_flattened_in_order(shape: list[int]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    found = flatten(array.tolist())
    # Below an empty list there is nothing to tell a length from.
    assert found.shape == array.shape[: 1 + shape.index(0) if 0 in shape else None]
    assert found.values == array.ravel().tolist()
    assert found.types == ({int} if array.size else set())


@pytest.mark.parametrize("value", [[[1], [1, 2]], [[], [1]], [[[1]], [[1], [2]]]])
def test_lists_of_different_lengths_have_no_shape(value: Json) -> None:
    with pytest.raises(UnevenLists):
        flatten(value)


@pytest.mark.parametrize("value", [[1, [1]], [[1], 1], [[[1], 1]]])
def test_lists_beside_values_have_no_shape(value: Json) -> None:
    with pytest.raises(MixedValues):
        flatten(value)


@given(NESTED)
def test_both_readers_refuse_lists_without_a_shape(value: Json) -> None:
    assume(not has_shape(value))
    with pytest.raises(InputError):
        to_array(value, TensorSpec(pb.DT_FLOAT, None), "x")
    with pytest.raises(StatusError):
        Column(pb.DT_FLOAT).add(value)


@given(NESTED)
def test_both_readers_read_the_same_tensor(value: Json) -> None:
    assume(has_shape(value) and np.size(value))
    column = Column(pb.DT_FLOAT)
    column.add(value)
    np.testing.assert_array_equal(
        column.array(column.shape), to_array(value, TensorSpec(pb.DT_FLOAT, None), "x"), strict=True
    )


def test_an_object_of_base64_alone_stands_for_bytes_and_names_no_input() -> None:
    assert is_base64({"b64": "AA=="})
    assert not is_named({"b64": "AA=="})
    for named in ({"b64": 1}, {"b64": "AA==", "x": 1}, {"x": "AA=="}, {}):
        assert is_named(named)
        assert not is_base64(named)
