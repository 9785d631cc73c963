"""``:predict``: TensorFlow Serving's REST predict in all its forms."""

from __future__ import annotations

import numpy as np
import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.predict.kinds import Json, Kinds, ask


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            {"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
            {"predictions": [{"sum": 3.0, "product": 2.0}, {"sum": 7.0, "product": 12.0}]},
        ),
        (
            {"inputs": {"a": [1, 3], "b": [2, 4]}},
            {"outputs": {"sum": [3.0, 7.0], "product": [2.0, 12.0]}},
        ),
        (
            {"signature_name": "", "inputs": {"a": [1], "b": [2]}},
            {"outputs": {"sum": [3.0], "product": [2.0]}},
        ),
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
        (
            {"signature_name": "image", "instances": [{"b64": "aGk="}]},
            {"predictions": [{"b64": "aGk="}]},
        ),
        (
            {"signature_name": "image", "instances": [{"image_bytes": {"b64": "aGk="}}]},
            {"predictions": [{"b64": "aGk="}]},
        ),
        ({"signature_name": "image", "instances": ["hi"]}, {"predictions": [{"b64": "aGk="}]}),
    ],
)
def test_each_form_is_answered_as_by_tensorflow_serving(
    client: FlaskClient, body: Json, answer: Json
) -> None:
    assert ask(client, body) == answer


def test_a_float_is_written_with_the_digits_it_has(client: FlaskClient) -> None:
    body = {"signature_name": "echo_float32", "instances": [0.1]}
    response = client.post("/v1/models/kinds:predict", json=body)
    assert response.data == b'{"predictions":[0.1]}'


def test_an_input_with_a_default_may_be_left_out_or_given(client: FlaskClient, kinds: Kinds) -> None:
    ask(client, {"inputs": {"a": [1], "b": [2], "scale": [3]}})
    assert set(kinds.calls[-1][2]) == {"a", "b", "scale"}


def test_tensors_go_on_with_the_dtype_of_the_signature(client: FlaskClient, kinds: Kinds) -> None:
    ask(client, {"inputs": {"a": [1], "b": [2]}})
    assert {array.dtype for array in kinds.calls[-1][2].values()} == {np.dtype(np.float32)}
