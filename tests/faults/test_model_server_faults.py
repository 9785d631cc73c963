"""A model server that answers wrongly, late or not at all: what callers see, and that it passes by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from serving.gateway.model_client.grpc_predictor import METADATA, PREDICT, STATUS
from tests.faults import faults, known_model
from tests.faults.calls import PATH, Caller, caller, wrong
from tests.faults.gateway import gateway_before
from tests.faults.stand_in import DESCRIBE, Fault, StandIn
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("stand-in")

# The pauses between the attempts of a call take 0.72 s; the rest is for a busy machine.
DEADLINE = 2.0
CODES = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
IMAGES = [[[[0.0]] * 28] * 28]


@pytest.fixture(scope="module")
def gateway(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environ = {"GATEWAY_DEADLINE_SECONDS": str(DEADLINE), "GATEWAY_WORKERS": "1"}
    with gateway_before(stand_in, tmp_path_factory.mktemp("gateway"), environ) as stack:
        yield stack


@pytest.fixture
def client(stand_in: StandIn, gateway: Stack) -> Iterator[Caller]:
    """A caller of a gateway that knows the model already; the stand-in is whole again afterwards."""
    stand_in.heal()
    with caller(gateway.gateway_port) as opened:
        assert wrong(opened.classify(), 0) == ""
        yield opened
        stand_in.heal()
        assert wrong(opened.classify(1), 1) == "", "it did not pass by itself"


def expect(client: Caller, status: int) -> None:
    """A classification ends with this status, as a problem; where the gateway hangs, the caller gives up."""
    answer = client.classify(2)
    assert answer.status == status, answer.body
    assert answer.problem == ""
    assert "/srv" not in str(answer.body)


@pytest.mark.parametrize("fault", faults.WRONG_ANSWERS.values(), ids=faults.WRONG_ANSWERS)
def test_a_wrong_answer_is_502(stand_in: StandIn, client: Caller, fault: Fault) -> None:
    stand_in.faults[PREDICT] = fault
    expect(client, 502)


@pytest.mark.parametrize("code", CODES, ids=[code.name for code in CODES])
def test_every_grpc_code_is_an_error_that_callers_can_read(
    stand_in: StandIn, client: Caller, code: grpc.StatusCode
) -> None:
    stand_in.faults[PREDICT] = faults.code(code)
    expect(client, faults.OVER_CODES.get(code, 502))


@pytest.mark.parametrize("seconds", [3.0, 60.0], ids=["slow", "silent"])
def test_an_answer_that_is_late_is_504_at_the_deadline(
    stand_in: StandIn, client: Caller, seconds: float
) -> None:
    stand_in.faults[PREDICT] = faults.slow(seconds)
    expect(client, 504)


def test_an_answer_that_is_slow_but_in_time_is_an_answer(stand_in: StandIn, client: Caller) -> None:
    stand_in.faults[PREDICT] = faults.slow(0.3)
    assert wrong(client.classify(3), 3) == ""


@pytest.mark.parametrize("fault", faults.WRONG_DESCRIPTIONS.values(), ids=faults.WRONG_DESCRIPTIONS)
def test_a_new_version_that_describes_itself_wrongly_is_502(
    stand_in: StandIn, client: Caller, fault: Fault
) -> None:
    before = stand_in.version
    stand_in.version, stand_in.faults[DESCRIBE] = before + 2, fault
    expect(client, 502)


@pytest.mark.parametrize("code", CODES, ids=[code.name for code in CODES])
def test_a_new_version_that_cannot_describe_itself_is_no_internal_error(
    stand_in: StandIn, client: Caller, code: grpc.StatusCode
) -> None:
    stand_in.version, stand_in.faults[DESCRIBE] = stand_in.version + 2, faults.code(code)
    expect(client, faults.OVER_CODES.get(code, 502))


@pytest.mark.parametrize("fault", faults.WRONG_STATUSES.values(), ids=faults.WRONG_STATUSES)
def test_a_wrong_status_makes_it_not_ready_and_nothing_worse(
    stand_in: StandIn, client: Caller, fault: Fault
) -> None:
    stand_in.faults[STATUS] = fault
    answer = client.call("GET", f"/v2/models/{known_model.NAME}/ready")
    assert answer.status in (502, 503, 404), answer.body
    assert answer.problem == ""
    for path in ("/v1/models", PATH):
        answer = client.call("GET", path)
        assert answer.status in (200, 404, 502), answer.body
        assert answer.problem == ""
    assert wrong(client.classify(4), 4) == ""


@pytest.mark.parametrize("fault", faults.WRONG_SIGNATURES.values(), ids=faults.WRONG_SIGNATURES)
def test_wrong_signatures_are_502(stand_in: StandIn, client: Caller, fault: Fault) -> None:
    stand_in.version += 2
    stand_in.faults[METADATA] = fault
    assert wrong(client.classify(5), 5) == ""
    answer = client.call("GET", f"/v2/models/{known_model.NAME}")
    assert answer.status in (200, 502), answer.body
    assert answer.problem == ""


@pytest.mark.parametrize("fault", faults.WRONG_ANSWERS.values(), ids=faults.WRONG_ANSWERS)
@pytest.mark.parametrize("protocol", ["predict", "v2"])
def test_wrong_answers_to_tensors_are_passed_on_or_502(
    stand_in: StandIn, client: Caller, fault: Fault, protocol: str
) -> None:
    data = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": IMAGES}
    path, body = {
        "predict": (f"{PATH}:predict", {"inputs": IMAGES}),
        "v2": (f"/v2/models/{known_model.NAME}/infer", {"inputs": [data]}),
    }[protocol]
    stand_in.faults[PREDICT] = fault
    answer = client.call("POST", path, json.dumps(body).encode(), "application/json")
    assert answer.status in (200, 502), answer.body
    assert answer.problem == ""


def test_versions_that_change_with_every_call_are_never_mixed(stand_in: StandIn, client: Caller) -> None:
    def other(right: bytes) -> bytes:
        stand_in.version += 1
        return right

    stand_in.faults[PREDICT] = faults.content(other)
    answers = [(number, client.classify(number)) for number in range(20)]
    assert {answer.status for _, answer in answers} <= {200, 503}
    assert [
        wrong(answer, number) for number, answer in answers if answer.status == 200 and wrong(answer, number)
    ] == []


def test_a_metric_counts_what_went_wrong(stand_in: StandIn, client: Caller, tmp_path: Path) -> None:
    stand_in.faults[PREDICT] = faults.WRONG_ANSWERS["nan"]
    expect(client, 502)
    text = client.call("GET", "/metrics").body.decode()
    assert 'code="502"' in text
    assert not list(tmp_path.iterdir())
