"""Requests that are refused before the application runs: told, counted and logged like all others."""

from __future__ import annotations

import select
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.connections import first_answer, get, read_all, read_answer
from tests.failures.callers import CALL, CHUNKED, HEAD
from tests.failures.observed import counted, logged
from tests.faults import faults, known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway, running
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

CALLERS = 500
ADMITTED = 256
SMALL = {
    "GATEWAY_MODELS": known_model.NAME,
    "GATEWAY_UPLOAD_SECONDS": "1",
    "GATEWAY_MAX_REQUEST_BYTES": "100000",
}

TOO_LONG = HEAD + b"Content-Length: 9000000\r\n\r\n"
CHUNK = b"8000\r\n" + bytes(0x8000) + b"\r\n"
MANY_HEADERS = tuple(f"Name-{number}: x" for number in range(200))
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "head too slow": (HEAD[:-9], 408, "slow_upload"),
    "body too slow": (HEAD + b"Content-Length: 10\r\n\r\n12345", 408, "slow_upload"),
    "length one too large": (HEAD + b"Content-Length: 100001\r\n\r\n", 413, "too_large"),
    "too large, and asks to send it": (TOO_LONG[:-2] + b"Expect: 100-continue\r\n\r\n", 413, "too_large"),
    "too large, and sends it all before it reads": (TOO_LONG + bytes(9_000_000), 413, "too_large"),
    "chunks too large": (CHUNKED + CHUNK * 4, 413, "too_large"),
    "target too long": (get("/" + "x" * 5_000), 414, "uri_too_long"),
    "header too long": (get("/healthz", "X: " + 40_000 * "y"), 431, "headers_too_large"),
    "too many headers": (get("/healthz", *MANY_HEADERS), 431, "headers_too_large"),
    "other expectation": (get("/healthz", "Expect: 200-ok"), 417, "unknown_expectation"),
    "coding gzip": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, "unknown_transfer_coding"),
    "coding br": (HEAD + b"Transfer-Encoding: br\r\n\r\n", 501, "unknown_transfer_coding"),
    "length and chunks": (HEAD + b"Content-Length: 5\r\n" + CHUNKED[len(HEAD) :], 400, "malformed_request"),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed_request"),
    "length no number": (HEAD + b"Content-Length: five\r\n\r\n", 400, "malformed_request"),
    "chunk without a size": (CHUNKED + b"xyz\r\n", 400, "malformed_request"),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    "no protocol": (b"\x16\x03\x01 hello\r\n\r\n", 400, "malformed_request"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, "malformed_request"),
    "no text": (b"\0\0\0\0\r\n\r\n", 400, "malformed_request"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with small limits."""
    stand_in = StandIn()
    stand_in.start()
    with running(tmp_path_factory.mktemp("small"), f"127.0.0.1:{stand_in.port}", **SMALL) as found:
        yield found
    stand_in.stop()


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


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_the_server_refuses_is_a_problem_and_is_counted_and_logged_and_ends_the_connection(
    small: Gateway, sent: bytes, status: int, code: str
) -> None:
    before = Counter(counted(small))
    with small.crowd([sent] * 5) as clients:
        answers = [first_answer(read_all(client)) for client in clients]
    found = [(answer.status, answer.problem()["code"], answer.is_last, answer.rest) for answer in answers]
    assert found == [(status, code, True, b"")] * 5
    if status == 408:
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert Counter(counted(small)) - before == {status: 5}
    assert counted(small) == logged(small)


@pytest.mark.parametrize("gateway", [{"GATEWAY_RATE_LIMIT": "3/hour"}], indirect=True)
def test_requests_over_the_rate_limit_are_counted_and_logged(gateway: Gateway) -> None:
    answers = gateway.say_at_once([get("/v1/models")] * 10)
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) == 7
    assert {answer.problem()["code"] for answer in refused} == {"rate_limited"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    eventually(lambda: counted(gateway).get(429) == 7, "the refusals are counted")
    assert logged(gateway)[429] == 7
