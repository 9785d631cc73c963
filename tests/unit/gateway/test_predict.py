"""``:predict``: TensorFlow Serving's REST predict in all its forms, checked before anything is sent on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from serving.errors import ModelUnavailable, NotFound
from serving.gateway.app import create_app
from serving.gateway.errors import ModelRefused
from serving.gateway.names import ModelRef
from serving.gateway.predictor import (
    AVAILABLE,
    CallContext,
    Reply,
    Signature,
    Signatures,
    TensorSpec,
    VersionStatus,
)
from serving.gateway.settings import Settings
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import ELEMENTS, Array

Json = Any

ECHOED = (
    pb.DT_FLOAT,
    pb.DT_DOUBLE,
    pb.DT_HALF,
    pb.DT_INT32,
    pb.DT_INT64,
    pb.DT_UINT8,
    pb.DT_BOOL,
    pb.DT_STRING,
)


def vector(kind: int = pb.DT_FLOAT, optional: bool = False) -> TensorSpec:
    return TensorSpec(kind, (-1,), optional)


class Kinds:
    """A model server with the signatures of the transcripts' ``kinds``, and some more."""

    def __init__(self) -> None:
        self.calls: list[tuple[ModelRef, str, Mapping[str, Array], CallContext]] = []
        self.refuses = False
        self.version = 1
        self.by_name = {
            "serving_default": Signature(
                {"a": vector(), "b": vector(), "scale": vector(optional=True)},
                {"sum": vector(), "product": vector()},
            ),
            "powers": Signature({"x": vector()}, {"powers": TensorSpec(pb.DT_FLOAT, (-1, 3))}),
            "total": Signature({"x": vector()}, {"total": TensorSpec(pb.DT_FLOAT, ())}),
            "image": Signature({"image_bytes": vector(pb.DT_STRING)}, {"image_bytes": vector(pb.DT_STRING)}),
            "log": Signature({"x": vector()}, {"y": vector()}),
            "complex": Signature({"x": vector(pb.DT_COMPLEX64)}, {}),
        }
        for kind in ECHOED:
            echo = Signature({"x": TensorSpec(kind, None)}, {"y": TensorSpec(kind, None)})
            self.by_name[f"echo_{ELEMENTS[kind].dtype.name}"] = echo

    def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        self.calls.append((ref, signature, inputs, context))
        if self.refuses:
            raise ModelRefused("no")
        if ref.name != "kinds":
            raise NotFound("no such model")
        x = inputs.get("x", np.zeros(0, np.float32))
        with np.errstate(divide="ignore"):
            answers: dict[str, Callable[[], dict[str, Array]]] = {
                "serving_default": lambda: {
                    "sum": inputs["a"] + inputs["b"],
                    "product": inputs["a"] * inputs["b"],
                },
                "powers": lambda: {"powers": np.stack([x, x**2, x**3], 1)},
                "total": lambda: {"total": np.asarray(x.sum())},
                "image": lambda: {"image_bytes": inputs["image_bytes"]},
                "log": lambda: {"y": np.log(x)},
            }
            outputs = answers[signature]() if signature in answers else {"y": x}
        return Reply(self.version, outputs)

    def status(self, name: str, context: CallContext) -> list[VersionStatus]:  # noqa: ARG002
        if name != "kinds":
            raise NotFound("no such model")
        return [VersionStatus(self.version, AVAILABLE)]

    def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
        if ref.name != "kinds":
            raise NotFound("no such model")
        return Signatures(self.version, dict(self.by_name))

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def kinds() -> Kinds:
    return Kinds()


@pytest.fixture
def client(kinds: Kinds) -> FlaskClient:
    return create_app(Settings(models=("kinds",)), kinds).test_client()


def ask(client: FlaskClient, body: Json, path: str = "/v1/models/kinds:predict") -> Json:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.get_json()


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
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
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


def test_versions_and_labels_are_passed_on(client: FlaskClient, kinds: Kinds) -> None:
    body = {"inputs": {"a": [1], "b": [2]}}
    ask(client, body, "/v1/models/kinds/versions/1:predict")
    ask(client, body, "/v1/models/kinds/labels/stable:predict")
    assert [call[0] for call in kinds.calls] == [ModelRef("kinds", 1), ModelRef("kinds", label="stable")]


def test_an_unknown_model_is_404(client: FlaskClient) -> None:
    response = client.post("/v1/models/nope:predict", json={"instances": [1]})
    assert response.status_code == 404


def test_inputs_that_fit_and_are_refused_all_the_same_are_400(client: FlaskClient, kinds: Kinds) -> None:
    kinds.refuses = True
    response = client.post("/v1/models/kinds:predict", json={"inputs": {"a": [1], "b": [2]}})
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")


def test_signatures_of_a_new_version_are_learnt(client: FlaskClient, kinds: Kinds) -> None:
    ask(client, {"signature_name": "powers", "inputs": [2]})
    kinds.version = 2
    kinds.by_name["powers"] = Signature({"x": vector(pb.DT_DOUBLE)}, {"powers": vector(pb.DT_DOUBLE)})
    ask(client, {"signature_name": "powers", "inputs": [2]})
    ask(client, {"signature_name": "powers", "inputs": [2]})
    assert [call[2]["x"].dtype for call in kinds.calls] == [np.float32, np.float32, np.float64]


def test_a_refusal_by_a_new_version_is_tried_again_with_its_signature() -> None:
    class Strict(Kinds):
        def predict(
            self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
        ) -> Reply:
            if inputs["x"].dtype != ELEMENTS[self.by_name["powers"].inputs["x"].data_type].dtype:
                self.calls.append((ref, signature, inputs, context))
                raise ModelRefused("another dtype")
            return super().predict(ref, signature, inputs, context)

    strict = Strict()
    client = create_app(Settings(models=("kinds",)), strict).test_client()
    ask(client, {"signature_name": "powers", "inputs": [2]})
    strict.version = 2
    strict.by_name["powers"] = Signature({"x": vector(pb.DT_DOUBLE)}, {"powers": vector(pb.DT_DOUBLE)})
    assert ask(client, {"signature_name": "powers", "inputs": [2]}) == {"outputs": [[2, 4, 8]]}


def test_a_model_server_that_is_away_is_503() -> None:
    class Away(Kinds):
        def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
            raise ModelUnavailable("away", retry_after=1)

    away = create_app(Settings(models=("kinds",)), Away()).test_client()
    response = away.post("/v1/models/kinds:predict", json={"instances": [1]})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
