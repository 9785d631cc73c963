"""Requests that are refused before the application runs: told, counted and logged like all others."""

from __future__ import annotations

import select
import threading
from collections import Counter

import pytest

from tests.connections import get, read_answer
from tests.failures.callers import CALL, CHUNKED, HEAD
from tests.failures.observed import counted, logged
from tests.faults import faults, known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

CALLERS = 500
ADMITTED = 256
SMALL = {"GATEWAY_UPLOAD_SECONDS": "1", "GATEWAY_MAX_REQUEST_BYTES": "100000"}

REFUSED: dict[str, tuple[int, str, bytes]] = {
    "head too slow": (408, "slow_upload", HEAD[:-9]),
    "body too slow": (408, "slow_upload", HEAD + b"Content-Length: 10\r\n\r\n12345"),
    "length too large": (413, "too_large", HEAD + b"Content-Length: 100001\r\n\r\n"),
    "chunks too large": (413, "too_large", CHUNKED + (b"8000\r\n" + bytes(0x8000) + b"\r\n") * 4),
    "target too long": (414, "uri_too_long", get("/" + "x" * 5_000)),
    "headers too long": (431, "headers_too_large", get("/healthz", "X: " + 40_000 * "y")),
    "other expectation": (417, "unknown_expectation", get("/healthz", "Expect: 200-ok")),
    "other coding": (501, "unknown_transfer_coding", HEAD + b"Transfer-Encoding: gzip\r\n\r\n"),
    "two lengths": (400, "malformed_request", HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    "no host": (400, "malformed_request", b"GET /healthz HTTP/1.1\r\n\r\n"),
    "no protocol": (400, "malformed_request", b"\x16\x03\x01 hello\r\n\r\n"),
}  # fmt: skip


def test_of_500_callers_at_once_those_refused_are_told_before_the_model_answers(
    stand_in: StandIn, gateway: Gateway
) -> None:
    assert gateway.say(CALL).status == 200
    told = threading.Event()
    stand_in.by_model[known_model.NAME] = faults.silence(told)
    with gateway.crowd([CALL] * CALLERS) as clients:
        poll = select.poll()
        for client in clients:
            poll.register(client, select.POLLIN)
        eventually(lambda: len(poll.poll(0)) == CALLERS - ADMITTED, "those refused are told")
        told.set()
        answers = [read_answer(client) for client in clients]
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) == {200, 429}
    assert statuses[200] == ADMITTED
    for answer in answers:
        if answer.status == 429:
            assert answer.problem()["code"] == "overloaded"
            assert int(answer.headers["retry-after"]) >= 1
    assert counted(gateway) == {200: ADMITTED + 1, 429: statuses[429]}
    assert logged(gateway) == counted(gateway)


@pytest.mark.parametrize("gateway", [SMALL], indirect=True)
@pytest.mark.parametrize("name", REFUSED)
def test_what_the_server_refuses_is_a_problem_and_is_counted_and_logged(gateway: Gateway, name: str) -> None:
    status, code, sent = REFUSED[name]
    answers = gateway.say_at_once([sent] * 5)
    assert [(answer.status, answer.problem()["code"]) for answer in answers] == [(status, code)] * 5
    if status == 408:
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert counted(gateway) == logged(gateway) == {status: 5}


@pytest.mark.parametrize("gateway", [{"GATEWAY_RATE_LIMIT": "3/hour"}], indirect=True)
def test_requests_over_the_rate_limit_are_counted_and_logged(gateway: Gateway) -> None:
    answers = gateway.say_at_once([get("/v1/models")] * 10)
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) == 7
    assert {answer.problem()["code"] for answer in refused} == {"rate_limited"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    eventually(lambda: counted(gateway).get(429) == 7, "the refusals are counted")
    assert logged(gateway)[429] == 7
