"""``:predict``: TensorFlow Serving's REST predict in all its forms, and versions that change."""

from __future__ import annotations

import numpy as np
import pytest

from serving.errors import ModelRefused
from serving.gateway.names import ModelRef
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature
from tests.unit.gateway.asking import Client
from tests.unit.gateway.fakes import Call, FakeVersion
from tests.unit.gateway.predict.kinds import PREDICT, SUM, Json, Kinds, ask, vector

POWERS = {"signature_name": "powers", "inputs": [2]}
DOUBLES = vector(pb.DT_DOUBLE)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            {"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
            {"predictions": [{"sum": 3.0, "product": 2.0}, {"sum": 7.0, "product": 12.0}]},
        ),
        ({"inputs": {"a": [1, 3], "b": [2, 4]}}, {"outputs": {"sum": [3.0, 7.0], "product": [2.0, 12.0]}}),
        ({"signature_name": "", **SUM}, {"outputs": {"sum": [3.0], "product": [2.0]}}),
        ({"signature_name": "powers", "instances": [2, 3]}, {"predictions": [[2, 4, 8], [3, 9, 27]]}),
        ({"signature_name": "powers", "instances": [{"x": 2}]}, {"predictions": [[2, 4, 8]]}),
        ({"signature_name": "powers", "inputs": [2, 3]}, {"outputs": [[2, 4, 8], [3, 9, 27]]}),
        ({"signature_name": "total", "inputs": [1, 2]}, {"outputs": 3.0}),
        ({"signature_name": "echo_float32", "inputs": 2.0}, {"outputs": 2.0}),
        (
            {"signature_name": "echo_float32", "instances": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
            {"predictions": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        ),
        ({"signature_name": "echo_float64", "inputs": [1e300]}, {"outputs": [1e300]}),
        ({"signature_name": "echo_float16", "inputs": [0.5]}, {"outputs": [0.5]}),
        ({"signature_name": "echo_int64", "inputs": [2**63 - 1]}, {"outputs": [2**63 - 1]}),
        ({"signature_name": "echo_uint8", "instances": [0, 255]}, {"predictions": [0, 255]}),
        ({"signature_name": "echo_bool", "instances": [True, False]}, {"predictions": [True, False]}),
        (
            {"signature_name": "echo_object", "instances": ["ä", {"b64": "aGk="}]},
            {"predictions": ["ä", "hi"]},
        ),
        ({"signature_name": "echo_object", "inputs": {"b64": "/w=="}}, {"outputs": {"b64": "/w=="}}),
        ({"signature_name": "image", "instances": [{"b64": "aGk="}]}, {"predictions": [{"b64": "aGk="}]}),
        (
            {"signature_name": "image", "instances": [{"image_bytes": {"b64": "aGk="}}]},
            {"predictions": [{"b64": "aGk="}]},
        ),
        ({"signature_name": "image", "instances": ["hi"]}, {"predictions": [{"b64": "aGk="}]}),
    ],
)
def test_each_form_is_answered_as_by_tensorflow_serving(client: Client, body: Json, answer: Json) -> None:
    assert ask(client, body) == answer


def test_a_float_is_written_with_the_digits_it_has(client: Client) -> None:
    response = client.post(PREDICT, json={"signature_name": "echo_float32", "instances": [0.1]})
    assert response.data == b'{"predictions":[0.1]}'


def test_tensors_go_on_with_the_dtype_of_the_signature_and_defaults_may_be_left_out_or_given(
    client: Client, kinds: Kinds
) -> None:
    ask(client, SUM)
    ask(client, {"inputs": {"a": [1], "b": [2], "scale": [3]}})
    assert [set(call.inputs) for call in kinds.calls] == [{"a", "b"}, {"a", "b", "scale"}]
    assert {array.dtype for array in kinds.calls[-1].inputs.values()} == {np.dtype(np.float32)}


def test_versions_and_labels_are_passed_on(client: Client, kinds: Kinds) -> None:
    kinds.labels["kinds", "stable"] = 1
    ask(client, SUM, "/v1/models/kinds/versions/1:predict")
    ask(client, SUM, "/v1/models/kinds/labels/stable:predict")
    assert [call.ref for call in kinds.calls] == [ModelRef("kinds", 1), ModelRef("kinds", label="stable")]


def change(kinds: Kinds) -> None:
    """Replace the version by one that takes doubles."""
    kinds.models["kinds"] = {2: FakeVersion()}
    kinds.signature_map["powers"] = Signature({"x": DOUBLES}, {"powers": DOUBLES})


def test_signatures_of_a_new_version_are_learnt(client: Client, kinds: Kinds) -> None:
    ask(client, POWERS)
    change(kinds)
    ask(client, POWERS)
    ask(client, POWERS)
    assert [call.inputs["x"].dtype for call in kinds.calls] == [np.float32, np.float32, np.float64]


def test_a_refusal_by_a_new_version_is_tried_again_with_its_signature(client: Client, kinds: Kinds) -> None:
    def refuse_floats(call: Call) -> None:
        if call.inputs["x"].dtype == np.float32:
            raise ModelRefused("another dtype")

    ask(client, POWERS)
    change(kinds)
    kinds.before_predict = refuse_floats
    assert ask(client, POWERS) == {"outputs": [[2, 4, 8]]}
