"""``:predict``: what does not fit is refused before anything is sent on."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.asking import refused
from tests.unit.gateway.predict.kinds import Json, Kinds


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"instances": []},
        {"instances": None},
        {"instances": {"a": [1], "b": [2]}},
        {"instances": [{"a": 1, "b": 2}], "inputs": {"a": [1], "b": [2]}},
        {"instances": [{"a": 1, "b": 2}], "extra": 1},
        {"instances": [{"a": 1}]},
        {"instances": [{"a": 1, "b": 2, "c": 3}]},
        {"instances": [{"a": 1, "b": 2}, {"a": 1}]},
        {"instances": [{"a": 1, "b": 2}, 1]},
        {"instances": [1, {"a": 1, "b": 2}]},
        {"instances": [{}]},
        {"instances": [1, 2]},
        {"inputs": [1, 2]},
        {"inputs": {}},
        {"inputs": {"a": [1]}},
        {"inputs": {"a": [1], "b": [2], "c": [3]}},
        {"inputs": {"a": [], "b": []}},
        {"inputs": {"a": [[1]], "b": [[2]]}},
        {"inputs": {"a": 1, "b": 2}},
        {"inputs": {"a": ["1"], "b": ["2"]}},
        {"inputs": {"a": [None], "b": [1]}},
        {"inputs": {"a": [True], "b": [1]}},
        {"inputs": {"a": [1e39], "b": [1]}},
        {"inputs": {"a": [10**400], "b": [1]}},
        {"inputs": {"a": [{"b64": "AA=="}], "b": [1]}},
        {"signature_name": 3, "instances": [1]},
        {"signature_name": "nope", "instances": [1]},
        {"signature_name": "powers", "inputs": []},
        {"signature_name": "powers", "inputs": [[1, 2], [3]]},
        {"signature_name": "powers", "inputs": [1, [2]]},
        {"signature_name": "powers", "inputs": [[1], [[2]]]},
        {"signature_name": "echo_uint8", "inputs": [256]},
        {"signature_name": "echo_uint8", "inputs": [-1]},
        {"signature_name": "echo_int32", "inputs": [1.0]},
        {"signature_name": "echo_int64", "inputs": [2**63]},
        {"signature_name": "echo_bool", "inputs": [1]},
        {"signature_name": "echo_object", "inputs": [1]},
        {"signature_name": "echo_object", "inputs": [{"b64": "!"}]},
        {"signature_name": "echo_object", "inputs": [{"b64": "AA==", "k": 1}]},
        {"signature_name": "echo_float32", "inputs": [[]]},
        {"signature_name": "complex", "inputs": [1]},
        {"signature_name": "total", "instances": [1, 2]},
    ],
)
def test_what_does_not_fit_is_400_with_a_sentence(client: FlaskClient, body: Json) -> None:
    response = client.post("/v1/models/kinds:predict", json=body)
    assert refused(response) == (400, "bad_request")
    assert len(response.get_json()["detail"]) > 10


def test_what_does_not_fit_is_never_sent_on(client: FlaskClient, kinds: Kinds) -> None:
    for body in ({"signature_name": "powers", "inputs": []}, {"inputs": {"a": [[1]], "b": [[2]]}}):
        client.post("/v1/models/kinds:predict", json=body)
    assert kinds.calls == []


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"instances": [NaN]}', b'{"instances": [Infinity]}', b"[" * 100_000]
)
def test_what_is_not_json_is_400(client: FlaskClient, text: bytes) -> None:
    response = client.post("/v1/models/kinds:predict", data=text)
    assert (response.status_code, response.get_json()["detail"]) == (400, "The body is not valid JSON.")


def test_a_number_too_large_for_a_float_is_refused(client: FlaskClient) -> None:
    body = b'{"signature_name": "echo_float64", "inputs": [1e400]}'
    assert client.post("/v1/models/kinds:predict", data=body).status_code == 400


def test_infinity_in_an_answer_is_502_and_says_so(client: FlaskClient) -> None:
    response = client.post("/v1/models/kinds:predict", json={"signature_name": "log", "instances": [0]})
    assert response.status_code == 502
    assert "infinity" in response.get_json()["detail"]


def test_inputs_that_fit_and_are_refused_all_the_same_are_400(client: FlaskClient, kinds: Kinds) -> None:
    kinds.refuses = True
    response = client.post("/v1/models/kinds:predict", json={"inputs": {"a": [1], "b": [2]}})
    assert refused(response) == (400, "bad_request")
