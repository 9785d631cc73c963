"""``:predict``: TensorFlow Serving's REST predict in all its forms, and versions that change."""

from __future__ import annotations

import numpy as np
import pytest

from serving.errors import ModelRefused
from serving.gateway.names import ModelRef
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature
from tests.unit.gateway.asking import Client
from tests.unit.gateway.fakes import Call, FakePredictor, FakeVersion
from tests.unit.gateway.predict.kinds import PREDICT, SUM, Json, ask, vector

POWERS = {"signature_name": "powers", "inputs": [2]}
B64 = {"b64": "aGk="}
CUBE = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
DOUBLES = vector(pb.DT_DOUBLE)


@pytest.mark.parametrize(
    ("signature", "form", "sent", "answer"),
    [
        (
            "",
            "instances",
            [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
            [{"sum": 3, "product": 2}, {"sum": 7, "product": 12}],
        ),
        ("", "inputs", {"a": [1, 3], "b": [2, 4]}, {"sum": [3, 7], "product": [2, 12]}),
        ("powers", "instances", [2, 3], [[2, 4, 8], [3, 9, 27]]),
        ("powers", "instances", [{"x": 2}], [[2, 4, 8]]),
        ("powers", "inputs", [2, 3], [[2, 4, 8], [3, 9, 27]]),
        ("total", "inputs", [1, 2], 3.0),
        ("echo_float32", "instances", CUBE, CUBE),
        ("echo_float32", "inputs", 2.0, 2.0),
        ("echo_float64", "inputs", [1e300], [1e300]),
        ("echo_float16", "inputs", [0.5], [0.5]),
        ("echo_int64", "inputs", [2**63 - 1], [2**63 - 1]),
        ("echo_uint8", "instances", [0, 255], [0, 255]),
        ("echo_bool", "instances", [True, False], [True, False]),
        ("echo_object", "instances", ["ä", {"b64": "aGk="}], ["ä", "hi"]),
        ("echo_object", "inputs", {"b64": "/w=="}, {"b64": "/w=="}),
        *(("image", "instances", [each], [B64]) for each in (B64, {"image_bytes": B64}, "hi")),
    ],
)
def test_each_form_is_answered_as_by_tensorflow_serving(
    client: Client, signature: str, form: str, sent: Json, answer: Json
) -> None:
    answered = {"instances": "predictions", "inputs": "outputs"}[form]
    assert ask(client, {"signature_name": signature, form: sent}) == {answered: answer}
    if not signature:
        assert ask(client, {form: sent}) == {answered: answer}


def test_a_float_is_written_with_the_digits_it_has(client: Client) -> None:
    response = client.post(PREDICT, json={"signature_name": "echo_float32", "instances": [0.1]})
    assert response.data == b'{"predictions":[0.1]}'


def test_tensors_go_on_with_the_dtype_of_the_signature_and_defaults_may_be_left_out_or_given(
    client: Client,
) -> None:
    ask(client, SUM)
    ask(client, {"inputs": {"a": [1], "b": [2], "scale": [3]}})
    assert [set(call.inputs) for call in client.predictor.calls] == [{"a", "b"}, {"a", "b", "scale"}]
    assert {array.dtype for array in client.predictor.calls[-1].inputs.values()} == {np.dtype(np.float32)}


def test_versions_and_labels_are_passed_on(client: Client) -> None:
    client.predictor.labels["kinds", "stable"] = 1
    ask(client, SUM, "/v1/models/kinds/versions/1:predict")
    ask(client, SUM, "/v1/models/kinds/labels/stable:predict")
    assert [call.ref for call in client.predictor.calls] == [
        ModelRef("kinds", 1),
        ModelRef("kinds", label="stable"),
    ]


def change(predictor: FakePredictor) -> None:
    """Replace the version by one that takes doubles."""
    predictor.models["kinds"] = {2: FakeVersion()}
    predictor.signature_map["powers"] = Signature({"x": DOUBLES}, {"powers": DOUBLES})


def test_signatures_of_a_new_version_are_learnt(client: Client) -> None:
    ask(client, POWERS)
    change(client.predictor)
    ask(client, POWERS)
    ask(client, POWERS)
    assert [call.inputs["x"].dtype for call in client.predictor.calls] == [np.float32, np.float32, np.float64]


def test_a_refusal_by_a_new_version_is_tried_again_with_its_signature(client: Client) -> None:
    def refuse_floats(call: Call) -> None:
        if call.inputs["x"].dtype == np.float32:
            raise ModelRefused("another dtype")

    ask(client, POWERS)
    change(client.predictor)
    client.predictor.before_predict = refuse_floats
    assert ask(client, POWERS) == {"outputs": [[2, 4, 8]]}
