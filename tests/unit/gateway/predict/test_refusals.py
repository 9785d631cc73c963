"""``:predict``: what does not fit is refused before anything is sent on."""

from __future__ import annotations

import pytest

from serving.errors import ModelRefused, ModelUnavailable
from tests.unit.gateway.asking import Client, refused
from tests.unit.gateway.fakes import Call
from tests.unit.gateway.predict.kinds import PREDICT, SUM, Json

ROW = {"a": 1, "b": 2}
INPUTS: dict[str, tuple[Json, ...]] = {
    "nope": ([1],),
    "powers": ([], [[1, 2], [3]], [1, [2]], [[1], [[2]]]),
    "echo_uint8": ([256], [-1]),
    "echo_int32": ([1.0],),
    "echo_int64": ([2**63],),
    "echo_bool": ([1],),
    "echo_object": ([1], [{"b64": "!"}], [{"b64": "AA==", "k": 1}]),
    "echo_float32": ([[]],),
    "complex": ([1],),
}
INSTANCES: tuple[Json, ...] = (
    *([], None, {"a": [1], "b": [2]}, [{}], [1, 2], [ROW, 1], [1, ROW]),
    *([{"a": 1}], [{**ROW, "c": 3}], [ROW, {"a": 1}]),
)
BOTH: tuple[tuple[Json, Json], ...] = (
    *(([], []), ([[1]], [[2]]), (1, 2), (["1"], ["2"])),
    *(([None], [1]), ([True], [1]), ([1e39], [1]), ([10**400], [1]), ([{"b64": "AA=="}], [1])),
)


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, {"inputs": [1, 2]}, {"inputs": {}}, {"inputs": {"a": [1]}}),
        {"inputs": {"a": [1], "b": [2], "c": [3]}},
        {"instances": [ROW], "inputs": {"a": [1], "b": [2]}},
        {"instances": [ROW], "extra": 1},
        *({"instances": instances} for instances in INSTANCES),
        {"signature_name": 3, "instances": [1]},
        *({"inputs": {"a": a, "b": b}} for a, b in BOTH),
        *({"signature_name": name, "inputs": inputs} for name, values in INPUTS.items() for inputs in values),
    ],
    ids=str,
)
def test_what_does_not_fit_is_400_with_a_sentence_and_never_sent_on(client: Client, body: Json) -> None:
    response = client.post(PREDICT, json=body)
    assert refused(response) == (400, "bad_request")
    assert len(response.get_json()["detail"]) > 10
    assert client.predictor.calls == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"instances": [NaN]}',
        b'{"instances": [Infinity]}',
        pytest.param(b"[" * 100_000, id="[[["),
    ],
)
def test_what_is_not_json_is_400(client: Client, text: bytes) -> None:
    response = client.post(PREDICT, data=text)
    assert (response.status_code, response.get_json()["detail"]) == (400, "The body is not valid JSON.")


def test_a_number_too_large_for_a_float_is_refused(client: Client) -> None:
    body = b'{"signature_name": "echo_float64", "inputs": [1e400]}'
    assert client.post(PREDICT, data=body).status_code == 400


@pytest.mark.parametrize(
    ("signature", "status", "words"),
    [("log", 502, "infinity"), ("total", 400, "")],
    ids=["infinity", "no rows"],
)
def test_an_answer_that_cannot_be_written_as_asked_says_so(
    client: Client, signature: str, status: int, words: str
) -> None:
    response = client.post(PREDICT, json={"signature_name": signature, "instances": [0]})
    assert refused(response, words)[0] == status


def test_inputs_that_fit_and_are_refused_all_the_same_are_400(client: Client) -> None:
    def refuse(_call: Call) -> None:
        raise ModelRefused("no")

    client.predictor.before_predict = refuse
    assert refused(client.post(PREDICT, json=SUM)) == (400, "bad_request")


def test_a_model_server_that_is_away_is_503(client: Client) -> None:
    client.predictor.away = ModelUnavailable("away", retry_after=1)
    response = client.post(PREDICT, json=SUM)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_an_unknown_model_is_404(client: Client) -> None:
    assert client.post("/v1/models/nope:predict", json={"instances": [1]}).status_code == 404
