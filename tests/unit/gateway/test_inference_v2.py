"""The Open Inference Protocol v2, in JSON and in its binary extension."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serving.gateway.model_client.predictor import VersionStatus
from serving.gateway.protocols.tensors_v2 import from_binary, to_binary
from serving.gateway.routes.inference_v2 import HEADER_LENGTH
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import TensorSpec
from tests.unit.gateway.asking import refused
from tests.unit.gateway.fakes import FakePredictor, FakeVersion

INFER = "/v2/models/digits/infer"
IMAGES = np.linspace(0, 1, 2 * 784, dtype=np.float32).reshape(2, 28, 28, 1)

Json = Any


def request_of(data: Json = None, **changes: Json) -> dict[str, Json]:
    values = IMAGES.ravel().tolist() if data is None else data
    entry = {"name": "images", "shape": [2, 28, 28, 1], "datatype": "FP32", "data": values, **changes}
    return {"inputs": [{name: value for name, value in entry.items() if value is not ...}]}


def post_binary(client: FlaskClient, body: Json, content: bytes, length: str | None = None) -> TestResponse:
    text = json.dumps(body).encode()
    return client.post(
        INFER,
        data=text + content,
        content_type="application/octet-stream",
        headers={HEADER_LENGTH: length or str(len(text))},
    )


def binary_request(size: int, **more: Json) -> dict[str, Json]:
    return {**request_of(**{"data": ...}, parameters={"binary_data_size": size}), **more}


def test_json_in_and_out(client: FlaskClient, predictor: FakePredictor) -> None:
    body = client.post(INFER, json={**request_of(), "id": "mine"}).get_json()
    assert (body["model_name"], body["model_version"], body["id"]) == ("digits", "3", "mine")
    outputs = {each["name"]: each for each in body["outputs"]}
    assert outputs["probabilities"]["shape"] == [2, 10]
    assert outputs["probabilities"]["datatype"] == "FP32"
    assert len(outputs["probabilities"]["data"]) == 20
    np.testing.assert_array_equal(predictor.predictions()[0].inputs["images"], IMAGES)


def test_nested_data_is_taken_as_well(client: FlaskClient, predictor: FakePredictor) -> None:
    assert client.post(INFER, json=request_of(IMAGES.tolist())).status_code == 200
    np.testing.assert_array_equal(predictor.predictions()[0].inputs["images"], IMAGES)


def test_binary_in_and_out(client: FlaskClient, predictor: FakePredictor) -> None:
    asked = binary_request(IMAGES.nbytes, parameters={"binary_data_output": True})
    response = post_binary(client, asked, IMAGES.tobytes())
    assert response.status_code == 200, response.text
    np.testing.assert_array_equal(predictor.predictions()[0].inputs["images"], IMAGES)
    length = int(response.headers[HEADER_LENGTH])
    outputs = json.loads(response.data[:length])["outputs"]
    sizes = {each["name"]: each["parameters"]["binary_data_size"] for each in outputs}
    assert sizes == {"ood_score": 8, "probabilities": 80}
    found = np.frombuffer(response.data[length + 8 :], np.float32).reshape(2, 10)
    np.testing.assert_array_equal(found, FakeVersion().probabilities(2))


def test_each_output_is_sent_as_it_was_asked_for(client: FlaskClient) -> None:
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "ood_score"}]
    response = client.post(INFER, json={**request_of(), "outputs": wanted})
    head = json.loads(response.data[: int(response.headers[HEADER_LENGTH])])
    assert [each["name"] for each in head["outputs"]] == ["probabilities", "ood_score"]
    assert "data" in head["outputs"][1]
    assert "data" not in head["outputs"][0]


def test_only_the_outputs_asked_for_are_sent(client: FlaskClient) -> None:
    body = client.post(INFER, json={**request_of(), "outputs": [{"name": "ood_score"}]}).get_json()
    assert [each["name"] for each in body["outputs"]] == ["ood_score"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"inputs": []},
        {"inputs": [1]},
        {"inputs": [{"name": 1}]},
        request_of(name="pictures"),
        request_of(datatype="FP64"),
        request_of(datatype=...),
        request_of(shape=[2, 28, 28]),
        request_of(shape=[1, 28, 28, 1]),
        request_of(shape=[0, 28, 28, 1], data=[]),
        request_of(shape=[-2, 28, 28, 1]),
        request_of(shape=[2.0, 28, 28, 1]),
        request_of(shape=[True, 28, 28, 1]),
        request_of(shape="2,28,28,1"),
        request_of(shape=[2**40, 28, 28, 1]),
        request_of(data=["a"] * 1568),
        request_of(data=[1e39] * 1568),
        request_of(data=[[1.0, 2.0], 3.0]),
        request_of(data=5),
        request_of(data=...),
        request_of(parameters=1),
        request_of(parameters={"shared_memory_region": "x"}),
        request_of(parameters={"binary_data_size": 10}),
        {"inputs": request_of()["inputs"] * 2},
        {**request_of(), "id": 1},
        {**request_of(), "parameters": {"binary_data_output": 1}},
        {**request_of(), "outputs": {}},
        {**request_of(), "outputs": [1]},
        {**request_of(), "outputs": [{"name": "nope"}]},
        {**request_of(), "outputs": [{"name": "ood_score", "parameters": {"classification": 3}}]},
    ],
)
def test_what_does_not_fit_is_400_in_the_protocols_words(
    client: FlaskClient, predictor: FakePredictor, body: Json
) -> None:
    response = client.post(INFER, json=body)
    assert response.status_code == 400
    assert isinstance(response.get_json()["error"], str)
    assert predictor.predictions() == []


@pytest.mark.parametrize(
    ("size", "content", "length"),
    [
        (IMAGES.nbytes, IMAGES.tobytes()[:-1], None),
        (IMAGES.nbytes, IMAGES.tobytes() + b"x", None),
        (IMAGES.nbytes - 4, IMAGES.tobytes()[:-4], None),
        (-1, IMAGES.tobytes(), None),
        ("8", IMAGES.tobytes(), None),
        (IMAGES.nbytes, IMAGES.tobytes(), "99999999"),
        (IMAGES.nbytes, IMAGES.tobytes(), "-1"),
        (IMAGES.nbytes, IMAGES.tobytes(), "x"),
        (IMAGES.nbytes, IMAGES.tobytes(), "²"),
        (IMAGES.nbytes, np.full_like(IMAGES, np.nan).tobytes(), None),
    ],
)
def test_binary_that_does_not_fit_is_400(
    client: FlaskClient, size: Json, content: bytes, length: str | None
) -> None:
    response = post_binary(client, binary_request(size), content, length)
    assert refused(response) == (400, "bad_request")


def test_strings_come_with_their_lengths() -> None:
    spec = TensorSpec(pb.DT_STRING, (-1,))
    content = b"".join(struct.pack("<I", len(each)) + each for each in (b"", b"hi", b"\xff" * 300))
    array = from_binary(content, (3,), spec, "text")
    assert array.tolist() == [b"", b"hi", b"\xff" * 300]
    assert to_binary(array) == content


def test_the_server_tells_its_name_and_extensions(client: FlaskClient) -> None:
    body = client.get("/v2").get_json()
    assert "binary_tensor_data" in body["extensions"]
    assert {"name", "version"} <= set(body)


def test_metadata_tells_inputs_and_outputs(client: FlaskClient) -> None:
    body = client.get("/v2/models/digits").get_json()
    assert (body["name"], body["versions"]) == ("digits", ["3"])
    assert body["inputs"] == [{"name": "images", "datatype": "FP32", "shape": [-1, 28, 28, 1]}]
    assert [each["name"] for each in body["outputs"]] == ["ood_score", "probabilities"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/health/live", 200),
        ("/v2/health/ready", 200),
        ("/v2/models/digits/ready", 200),
        ("/v2/models/digits/versions/3/ready", 200),
        ("/v2/models/digits/versions/3", 200),
        ("/v2/models/digits/versions/9/ready", 404),
        ("/v2/models/digits/versions/9", 404),
        ("/v2/models/nope/ready", 404),
        ("/v2/models/nope", 404),
        ("/v2/models/../ready", 404),
    ],
)
def test_the_statuses_of_what_is_there_and_what_is_not(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_model_that_is_loading_is_not_ready(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.loading["digits"] = [VersionStatus(3, "LOADING")]
    for path in ("/v2/health/ready", "/v2/models/digits/ready", "/v2/models/digits/versions/3/ready"):
        assert client.get(path).status_code == 503


def test_one_version_can_be_asked(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][2] = FakeVersion()
    response = client.post("/v2/models/digits/versions/2/infer", json=request_of())
    assert response.get_json()["model_version"] == "2"
    assert client.post("/v2/models/digits/versions/8/infer", json=request_of()).status_code == 404
