"""Every row of the API table, against real gunicorn and a real model server."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from tests.stack import Stack


def seven(side: int = 200) -> bytes:
    """A dark seven on light paper, PNG."""
    pixels = np.full((side, side), 235, np.uint8)
    pixels[side // 5 : side // 5 + side // 12, side // 4 : side * 3 // 4] = 30
    for row in range(side // 5, side * 4 // 5):
        centre = side * 3 // 4 - (row - side // 5) * side // 3 // (side * 3 // 5)
        pixels[row, centre - side // 14 : centre] = 30
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    """A caller."""
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        yield client


PNG = {"Content-Type": "image/png"}
IMAGES = np.zeros((2, 28, 28, 1), np.float32)
CLASSIFY_PATHS = ["/classify", "/v1/models/digits:classify", "/v1/models/digits/versions/1:classify"]
PREDICT_PATHS = ["/v1/models/digits:predict", "/v1/models/digits/versions/1:predict"]


@pytest.mark.parametrize("path", CLASSIFY_PATHS)
def test_classify_answers_with_labels(http: httpx.Client, path: str) -> None:
    picture = seven()
    ways = (
        {"content": picture, "headers": PNG},
        {"files": [("any", ("seven.png", picture, "image/png"))]},
        {"json": {"images": [{"b64": base64.b64encode(picture).decode(), "name": "seven"}]}},
        {"content": gzip.compress(picture), "headers": {**PNG, "Content-Encoding": "gzip"}},
    )
    for way in ways:
        response = http.post(path, **way)
        assert response.status_code == 200, response.text
        body = response.json()
        assert body["model"] == {"name": "digits", "version": 1}
        (prediction,) = body["predictions"]
        assert prediction["label"] == "7"
        assert prediction["status"] in ("ok", "uncertain", "out_of_distribution")


def test_classify_shows_what_the_model_saw(http: httpx.Client) -> None:
    options = {"include": "input,probabilities", "top_k": "1"}
    response = http.post("/classify", params=options, content=seven(), headers=PNG)
    (prediction,) = response.json()["predictions"]
    shown = Image.open(io.BytesIO(base64.b64decode(prediction["input"]["png_b64"])))
    assert (shown.size, shown.mode) == ((28, 28), "L")
    assert len(prediction["top"]) == 1
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_an_unknown_label_is_404(http: httpx.Client) -> None:
    for verb in ("classify", "predict"):
        response = http.post(f"/v1/models/digits/labels/nope:{verb}", content=seven(), headers=PNG)
        expected = 404 if verb == "classify" else 400  # a picture is no JSON
        assert response.status_code == expected, response.text


@pytest.mark.parametrize("path", PREDICT_PATHS)
def test_predict_answers_in_rows_and_columns(http: httpx.Client, path: str) -> None:
    rows = http.post(path, json={"instances": IMAGES.tolist()})
    columns = http.post(path, json={"inputs": {"images": IMAGES.tolist()}})
    assert (rows.status_code, columns.status_code) == (200, 200), rows.text
    predictions, outputs = rows.json()["predictions"], columns.json()["outputs"]
    named = isinstance(predictions[0], dict)
    assert np.shape([row["probabilities"] for row in predictions] if named else predictions) == (2, 10)
    assert np.shape(outputs["probabilities"] if named else outputs) == (2, 10)


def test_predict_is_answered_as_by_the_model_server_itself(http: httpx.Client, stack: Stack) -> None:
    for body in (
        {"instances": IMAGES.tolist()},
        {"inputs": {"images": IMAGES.tolist()}},
        {"signature_name": "describe", "instances": IMAGES.tolist()},
    ):
        ours = http.post("/v1/models/digits:predict", json=body)
        theirs = httpx.post(f"http://{stack.rest_address}/v1/models/digits:predict", json=body, timeout=30)
        assert ours.status_code == theirs.status_code == 200, (ours.text, theirs.text)
        assert flat(ours.json()) == pytest.approx(flat(theirs.json()), abs=1e-6)


def flat(value: object) -> dict[str, float]:
    """Numbers by path; texts by path as their hash."""
    if isinstance(value, dict):
        return {f"{k}.{p}": n for k, v in value.items() for p, n in flat(v).items()}
    if isinstance(value, list):
        return {f"{i}.{p}": n for i, v in enumerate(value) for p, n in flat(v).items()}
    return {"": float(value) if isinstance(value, (int, float)) else float(hash(value))}


@pytest.mark.parametrize(
    "instances",
    [
        [],
        IMAGES[:, :, :, 0].tolist(),
        IMAGES.reshape(2, -1).tolist(),
        *(np.zeros(shape).tolist() for shape in ((1, 28, 28, 2), (1, 27, 28, 1))),
        *([5], ["seven"]),
    ],
)
def test_predict_lets_nothing_through_that_does_not_fit(http: httpx.Client, instances: object) -> None:
    response = http.post("/v1/models/digits:predict", json={"instances": instances})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_models_are_listed_with_their_cards(http: httpx.Client) -> None:
    body = http.get("/v1/models").json()
    (model,) = body["models"]
    assert (model["name"], model["ready"], body["default"]) == ("digits", True, "digits")
    (version,) = model["versions"]
    assert (version["version"], version["state"], len(version["run_id"])) == (1, "AVAILABLE", 16)
    assert model["labels"] == list("0123456789")
    assert model["card"]["preprocessing"] == {"recipe": "ink@2"}
    assert http.get("/v1/models/digits").json() == model
    assert http.get("/v1/models/nope").status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/metrics", "text/plain"),
        ("/docs", "text/html"),
        ("/docs/docs.css", "text/css"),
        ("/", "text/html"),
        *((path, "application/json") for path in ("/healthz", "/readyz", "/openapi.json", "/v2")),
        *((f"/v2/health/{each}", "application/json") for each in ("live", "ready")),
        *(
            (f"/v2/models/digits{each}", "application/json")
            for each in ("", "/ready", "/versions/1", "/versions/1/ready")
        ),
    ],
)
def test_what_can_be_read(http: httpx.Client, path: str, kind: str) -> None:
    response = http.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/classify", 405),
        ("DELETE", "/v1/models/digits", 405),
        ("POST", "/v1/models/nope:classify", 404),
        ("POST", "/v1/models/digits/versions/99:classify", 404),
        ("POST", "/v1/models/digits:classify?top_k=0", 400),
        ("POST", "/v1/models/%2e%2e:classify", 404),
    ],
)
def test_every_error_is_a_problem(http: httpx.Client, method: str, path: str, status: int) -> None:
    response = http.request(method, path, content=seven(), headers=PNG)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize("binary", [True, False])
def test_a_public_client_of_the_inference_protocol_infers(stack: Stack, binary: bool) -> None:
    with InferenceServerClient(stack.url.removeprefix("http://")) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("digits")
        assert client.get_model_metadata("digits")["inputs"][0]["name"] == "images"
        tensor = InferInput("images", list(IMAGES.shape), "FP32")
        tensor.set_data_from_numpy(IMAGES, binary_data=binary)
        wanted = [InferRequestedOutput("probabilities", binary_data=binary)]
        found = client.infer("digits", [tensor], outputs=wanted, request_id="mine")
        assert found.get_response()["id"] == "mine"
        probabilities = found.as_numpy("probabilities")
        assert probabilities.shape == (2, 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)


def test_a_public_client_infers_with_its_defaults(stack: Stack) -> None:
    with InferenceServerClient(stack.url.removeprefix("http://")) as client:
        tensor = InferInput("images", list(IMAGES.shape), "FP32")
        tensor.set_data_from_numpy(IMAGES)
        assert client.infer("digits", [tensor]).as_numpy("probabilities").shape == (2, 10)
        squeezed = client.infer("digits", [tensor], request_compression_algorithm="gzip")
        assert squeezed.as_numpy("probabilities").shape == (2, 10)


def test_metrics_add_up_over_the_workers(http: httpx.Client) -> None:
    def counted() -> float:
        lines = http.get("/metrics").text.splitlines()
        name, route = "gateway_requests_total", 'route="classify_default"'
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name) and route in line)

    before = counted()
    for _ in range(20):  # a connection each, so that several workers answer
        url = http.base_url.join("/classify")
        assert httpx.post(url, content=seven(), headers=PNG, timeout=30).status_code == 200
    assert counted() == before + 20
