"""The Open Inference Protocol v2, in JSON and in its binary extension."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from werkzeug.test import TestResponse

from serving.gateway.protocols.tensors_v2 import from_binary, to_binary
from serving.gateway.routes.inference_v2 import HEADER_LENGTH
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import TensorSpec
from tests.unit.gateway.asking import Client, post, refused
from tests.unit.gateway.fakes import FakeVersion

INFER = "/v2/models/digits/infer"
IMAGES = np.linspace(0, 1, 2 * 784, dtype=np.float32).reshape(2, 28, 28, 1)
BYTES = IMAGES.tobytes()

Json = Any

CLASSIFICATION = {"name": "ood_score", "parameters": {"classification": 3}}
OUTPUTS: tuple[Json, ...] = ({}, [1], [{"name": "nope"}], [CLASSIFICATION])


def request_of(data: Json = None, **changes: Json) -> dict[str, Json]:
    values = IMAGES.ravel().tolist() if data is None else data
    entry = {"name": "images", "shape": [2, 28, 28, 1], "datatype": "FP32", "data": values, **changes}
    return {"inputs": [{name: value for name, value in entry.items() if value is not ...}]}


def post_binary(
    client: Client, content: bytes, size: Json = IMAGES.nbytes, length: str | None = None, **more: Json
) -> TestResponse:
    asked = {**request_of(**{"data": ...}, parameters={"binary_data_size": size}), **more}
    text = json.dumps(asked).encode()
    headers = {HEADER_LENGTH: length or str(len(text))}
    return post(client, INFER, text + content, "application/octet-stream", headers)


@pytest.mark.parametrize("data", [None, IMAGES.tolist()], ids=["flat", "nested"])
def test_json_in_and_out(client: Client, data: Json) -> None:
    body = client.post(INFER, json={**request_of(data), "id": "mine"}).get_json()
    assert (body["model_name"], body["model_version"], body["id"]) == ("digits", "3", "mine")
    (found,) = [each for each in body["outputs"] if each["name"] == "probabilities"]
    assert (found["shape"], found["datatype"], len(found["data"])) == ([2, 10], "FP32", 20)
    np.testing.assert_array_equal(client.predictor.predictions()[0].inputs["images"], IMAGES)


def test_binary_in_and_out(client: Client) -> None:
    response = post_binary(client, BYTES, parameters={"binary_data_output": True})
    assert response.status_code == 200, response.text
    np.testing.assert_array_equal(client.predictor.predictions()[0].inputs["images"], IMAGES)
    length = int(response.headers[HEADER_LENGTH])
    outputs = json.loads(response.data[:length])["outputs"]
    sizes = {each["name"]: each["parameters"]["binary_data_size"] for each in outputs}
    assert sizes == {"ood_score": 8, "probabilities": 80}
    found = np.frombuffer(response.data[length + 8 :], np.float32).reshape(2, 10)
    np.testing.assert_array_equal(found, FakeVersion().probabilities(2))


def test_only_the_outputs_asked_for_are_sent_and_each_as_asked_for(client: Client) -> None:
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "ood_score"}]
    response = client.post(INFER, json={**request_of(), "outputs": wanted})
    outputs = json.loads(response.data[: int(response.headers[HEADER_LENGTH])])["outputs"]
    found = [(each["name"], "data" in each) for each in outputs]
    assert found == [("probabilities", False), ("ood_score", True)]
    body = client.post(INFER, json={**request_of(), "outputs": wanted[1:]}).get_json()
    assert [each["name"] for each in body["outputs"]] == ["ood_score"]


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, {"inputs": []}, {"inputs": [1]}, {"inputs": [{"name": 1}]}),
        request_of(name="pictures"),
        request_of(datatype="FP64"),
        request_of(datatype=...),
        request_of(shape=[0, 28, 28, 1], data=[]),
        *(request_of(shape=[count, 28, 28, 1]) for count in (1, -2, 2.0, True, 2**40)),
        *(request_of(shape=shape) for shape in ([2, 28, 28], "2,28,28,1")),
        *(request_of(data=data) for data in (["a"] * 1568, [1e39] * 1568, [[1.0, 2.0], 3.0], 5, ...)),
        request_of(parameters=1),
        request_of(parameters={"shared_memory_region": "x"}),
        request_of(parameters={"binary_data_size": 10}),
        {"inputs": request_of()["inputs"] * 2},
        {**request_of(), "id": 1},
        {**request_of(), "parameters": {"binary_data_output": 1}},
        *({**request_of(), "outputs": outputs} for outputs in OUTPUTS),
    ],
)
def test_what_does_not_fit_is_400_in_the_protocols_words(client: Client, body: Json) -> None:
    response = client.post(INFER, json=body)
    assert response.status_code == 400
    assert isinstance(response.get_json()["error"], str)
    assert client.predictor.predictions() == []


@pytest.mark.parametrize(
    ("content", "size", "length"),
    [
        (BYTES[:-1], IMAGES.nbytes, None),
        (BYTES + b"x", IMAGES.nbytes, None),
        (BYTES[:-4], IMAGES.nbytes - 4, None),
        (BYTES, -1, None),
        (BYTES, "8", None),
        *((BYTES, IMAGES.nbytes, length) for length in ("99999999", "-1", "x", "²")),
        (np.full_like(IMAGES, np.nan).tobytes(), IMAGES.nbytes, None),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else None,
)
def test_binary_that_does_not_fit_is_400(
    client: Client, content: bytes, size: Json, length: str | None
) -> None:
    assert refused(post_binary(client, content, size, length)) == (400, "bad_request")


def test_strings_come_with_their_lengths() -> None:
    texts = [b"", b"hi", b"\xff" * 300]
    content = b"".join(struct.pack("<I", len(each)) + each for each in texts)
    array = from_binary(content, (3,), TensorSpec(pb.DT_STRING, (-1,)), "text")
    assert array.tolist() == texts
    assert to_binary(array) == content


def test_the_server_tells_its_name_and_extensions(client: Client) -> None:
    body = client.get("/v2").get_json()
    assert "binary_tensor_data" in body["extensions"]
    assert {"name", "version"} <= set(body)


def test_metadata_tells_inputs_and_outputs(client: Client) -> None:
    body = client.get("/v2/models/digits").get_json()
    assert (body["name"], body["versions"]) == ("digits", ["3"])
    assert body["inputs"] == [{"name": "images", "datatype": "FP32", "shape": [-1, 28, 28, 1]}]
    assert [each["name"] for each in body["outputs"]] == ["ood_score", "probabilities"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/health/live", 200),
        ("/v2/health/ready", 200),
        *(
            (f"/v2/models/digits{version}{ready}", 200)
            for version in ("", "/versions/3")
            for ready in ("", "/ready")
        ),
        *(
            (f"/v2/models/{name}{ready}", 404)
            for name in ("nope", "digits/versions/9")
            for ready in ("", "/ready")
        ),
        ("/v2/models/../ready", 404),
    ],
)
def test_the_statuses_of_what_is_there_and_what_is_not(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_one_version_can_be_asked(client: Client) -> None:
    client.predictor.models["digits"][2] = FakeVersion()
    response = client.post("/v2/models/digits/versions/2/infer", json=request_of())
    assert response.get_json()["model_version"] == "2"
    assert client.post("/v2/models/digits/versions/8/infer", json=request_of()).status_code == 404
