"""Uploads that take long: the caller's deadline counts from the first byte, the gateway's from the last."""

from __future__ import annotations

import time

import pytest

from tests.connections import ask
from tests.failures.callers import CALL, KNOWN, picture
from tests.failures.observed import counted
from tests.hostile.gateway import Gateway

PIECES = 4
PAUSE = 0.5
DEADLINE = "1.2"
"""Seconds: less than the upload takes, and much more than the answer."""

pytestmark = [
    pytest.mark.xdist_group("failures"),
    pytest.mark.parametrize("gateway", [{"GATEWAY_DEADLINE_SECONDS": DEADLINE}], indirect=True),
]


@pytest.mark.parametrize(
    ("sent", "status"),
    [(picture(KNOWN, f"X-Request-Timeout: {DEADLINE}"), 504), (CALL, 200)],
    ids=["the caller's deadline may pass during the upload", "without one of the caller's it is answered"],
)
def test_of_the_deadlines_only_the_callers_counts_a_slow_upload(
    gateway: Gateway, sent: bytes, status: int
) -> None:
    assert gateway.say(CALL).status == 200
    size = len(sent) // PIECES + 1
    with gateway.connect() as client:
        for start in range(0, size * (PIECES - 1), size):
            client.sendall(sent[start : start + size])
            time.sleep(PAUSE)  # the client is slow
        answer = ask(client, sent[size * (PIECES - 1) :])
    assert answer.status == status
    if status == 504:
        assert answer.problem()["code"] == "deadline_exceeded"
        assert counted(gateway)[504] == 1


def test_work_whose_deadline_passed_during_the_upload_is_not_begun(gateway: Gateway) -> None:
    answers = gateway.say_at_once([picture(b"no picture at all", "X-Request-Timeout: 0.001")] * 20)
    assert {answer.status for answer in answers} == {504}
