"""Several models behind one gateway: what happens to one is no concern of the others."""

from __future__ import annotations

import json
import select
import threading

import grpc
import pytest

from tests.connections import post, read_answer
from tests.failures.callers import CALL, KNOWN, picture
from tests.failures.observed import metric
from tests.faults import faults, known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

WELL, OTHER = known_model.NAME, "other"
BOTH = {"GATEWAY_MODELS": f"{WELL},{OTHER}", "GATEWAY_READINESS_SECONDS": "0.2"}
HUNG_CALLERS = 60
"""More than a gateway's threads and its calls to one model."""
MISSING = faults.code(grpc.StatusCode.NOT_FOUND)

pytestmark = pytest.mark.xdist_group("failures")
both = pytest.mark.parametrize("gateway", [BOTH], indirect=True)


def every_way(model: str) -> list[bytes]:
    """One picture over each API."""
    images = known_model.pixels_of(KNOWN, 1)
    rows = json.dumps({"instances": images.tolist()}).encode()
    tensor = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": images.ravel().tolist()}
    return [
        picture(KNOWN, model=model),
        post(f"/v1/models/{model}:predict", rows, "Content-Type: application/json"),
        post(f"/v2/models/{model}/infer", json.dumps({"inputs": [tensor]}).encode()),
    ]


@both
@pytest.mark.parametrize("warm", [True, False], ids=["known", "not yet described"])
def test_callers_of_one_model_are_answered_while_the_other_hangs(
    stand_in: StandIn, gateway: Gateway, warm: bool
) -> None:
    if warm:
        assert {answer.status for answer in gateway.say_at_once(every_way(OTHER))} == {200}
    ended = threading.Event()
    stand_in.by_model[OTHER] = faults.silence(ended)
    with gateway.crowd(every_way(OTHER) * (HUNG_CALLERS // 3)) as hung:
        eventually(lambda: metric(gateway, "gateway_inflight")[()] > HUNG_CALLERS, "all are under way")
        assert {gateway.say(each).status for _ in range(20) for each in every_way(WELL)} == {200}
        assert not select.select(hung, [], [], 0)[0]
        ended.set()
        assert {read_answer(client).status for client in hung} == {200}


@both
def test_a_missing_model_takes_only_its_own_callers_down(stand_in: StandIn, gateway: Gateway) -> None:
    stand_in.by_model[OTHER] = MISSING
    for sent in every_way(WELL):
        assert gateway.say(sent).status == 200
    for sent in every_way(OTHER):
        answer = gateway.say(sent)
        assert (answer.status, answer.problem()["code"]) == (503, "model_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    stand_in.heal()
    eventually(lambda: gateway.say(picture(KNOWN, model=OTHER)).status == 200, "it came back")


@both
def test_readiness_is_told_by_model(stand_in: StandIn, gateway: Gateway) -> None:
    def told(ready: dict[str, bool]) -> bool:
        """Return whether the answer of /readyz and the metric both say so."""
        answer = gateway.ask("GET", b"/readyz")
        assert answer.status == 200
        counted = {name: bool(value) for (name,), value in metric(gateway, "gateway_ready", "model").items()}
        return json.loads(answer.body)["models"] == counted == ready

    eventually(lambda: told({WELL: True, OTHER: True}), "both models are ready")
    stand_in.by_model[OTHER] = MISSING
    eventually(lambda: told({WELL: True, OTHER: False}), "the loss of one model shows")
    stand_in.by_model[WELL] = MISSING
    eventually(lambda: gateway.ask("GET", b"/readyz").status == 503, "no model is left")
    problem = gateway.ask("GET", b"/readyz").problem()
    assert WELL in problem["detail"]
    assert OTHER in problem["detail"]
    stand_in.heal()
    eventually(lambda: gateway.ask("GET", b"/readyz").status == 200, "the models are back")


@pytest.mark.parametrize("gateway", [{**BOTH, "GATEWAY_READY_WHEN": "all"}], indirect=True)
def test_where_all_models_are_needed_one_missing_makes_the_gateway_unready(
    stand_in: StandIn, gateway: Gateway
) -> None:
    stand_in.by_model[OTHER] = MISSING
    eventually(lambda: gateway.ask("GET", b"/readyz").status == 503, "one model is missing")
    problem = gateway.ask("GET", b"/readyz").problem()
    assert OTHER in problem["detail"]
    assert f"{WELL}:" not in problem["detail"]
    assert gateway.say(CALL).status == 200
    assert metric(gateway, "gateway_ready", "model") == {(WELL,): 1, (OTHER,): 0}
