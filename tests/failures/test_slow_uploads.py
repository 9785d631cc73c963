"""Uploads that take long: the caller's deadline counts from the first byte, the gateway's from the last."""

from __future__ import annotations

import asyncio

import pytest

from tests.failures.callers import ask, ask_at_once, picture
from tests.failures.observed import counted
from tests.faults import known_model
from tests.hostile.gateway import Gateway

PIECES = 4
PAUSE = 0.5
DEADLINE = "1.2"
"""Seconds: less than the upload takes, and much more than the answer."""

pytestmark = [
    pytest.mark.xdist_group("failures"),
    pytest.mark.parametrize("gateway", [{"GATEWAY_DEADLINE_SECONDS": DEADLINE}], indirect=True),
]


def _in_pieces(sent: bytes) -> list[bytes]:
    size = len(sent) // PIECES + 1
    return [sent[start : start + size] for start in range(0, len(sent), size)]


def test_the_callers_deadline_may_pass_during_the_upload(gateway: Gateway) -> None:
    asyncio.run(ask(gateway.port, picture(known_model.picture(1), known_model.NAME)))
    sent = picture(known_model.picture(1), known_model.NAME, X_Request_Timeout=DEADLINE)
    answer = asyncio.run(ask(gateway.port, *_in_pieces(sent), pause=PAUSE))
    assert (answer.status, answer.problem()["code"]) == (504, "deadline_exceeded")
    assert counted(gateway)[504] == 1


def test_a_slow_upload_without_a_deadline_of_the_callers_is_answered(gateway: Gateway) -> None:
    asyncio.run(ask(gateway.port, picture(known_model.picture(1), known_model.NAME)))
    sent = picture(known_model.picture(1), known_model.NAME)
    assert asyncio.run(ask(gateway.port, *_in_pieces(sent), pause=PAUSE)).status == 200


def test_work_whose_deadline_passed_during_the_upload_is_not_begun(gateway: Gateway) -> None:
    sent = picture(b"no picture at all", known_model.NAME, X_Request_Timeout="0.001")
    answers = asyncio.run(ask_at_once(gateway.port, [sent] * 20))
    assert {answer.status for answer in answers} == {504}
