"""A wall clock that is set forwards and backwards while the gateway answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from serving.gateway.model_client.grpc_predictor import PREDICT
from tests.faults import faults
from tests.faults.calls import caller, load
from tests.faults.gateway import gateway_before
from tests.faults.stand_in import Call, StandIn
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("clock")

DAY = 86_400.0
DEADLINE = 1.0
JUMPS = [DAY, -DAY, 3600.0, -3600.0, 1e9, 0.0]


class Clock:
    """The wall clock of a gateway."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0.0)

    def set(self, seconds: float) -> None:
        """Have the clock be so many seconds off from now on."""
        aside = self.file.with_suffix(".new")
        aside.write_text(str(seconds))
        aside.replace(self.file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    server.start()
    yield server
    server.stop()


@contextmanager
def gateway(stand_in: StandIn, clock: Clock, folder: Path, rate: str) -> Iterator[Stack]:
    """A gateway that goes by the clock."""
    environ = {
        "PYTHONPATH": str(Path(__file__).parent / "clock"),
        "FAULTS_CLOCK": str(clock.file),
        "GATEWAY_DEADLINE_SECONDS": str(DEADLINE),
        "GATEWAY_RATE_LIMIT": rate,
        "GATEWAY_WORKERS": "1",
    }
    with gateway_before(stand_in, folder, environ) as stack:
        yield stack


def test_no_request_fails_when_the_clock_jumps_and_deadlines_are_kept(
    stand_in: StandIn, clock: Clock, tmp_path: Path
) -> None:
    with gateway(stand_in, clock, tmp_path / "gateway", "100000/minute") as stack:
        with load(stack.gateway_port, callers=2, pause=0.01) as running:
            for jump in JUMPS:
                clock.set(jump)
                time.sleep(0.3)
        assert len(running.answers) > 20
        assert running.failed() == []
        for jump in (DAY, -DAY):
            _keeps_its_deadline(stand_in, clock, stack, jump)


def _keeps_its_deadline(stand_in: StandIn, clock: Clock, stack: Stack, jump: float) -> None:
    def jump_meanwhile(right: Call, context: grpc.ServicerContext) -> bytes:
        clock.set(jump)
        return faults.slow(60.0)(right, context)

    stand_in.faults[PREDICT] = jump_meanwhile
    with caller(stack.gateway_port) as client:
        answer = client.classify()
    assert answer.status == 504, answer.body
    assert answer.seconds > 0.9 * DEADLINE
    stand_in.heal()


def test_a_caller_over_the_rate_is_not_shut_out_for_as_long_as_the_clock_went_back(
    stand_in: StandIn, clock: Clock, tmp_path: Path
) -> None:
    with (
        gateway(stand_in, clock, tmp_path / "limited", "3/second") as stack,
        caller(stack.gateway_port) as client,
    ):
        assert 429 in [client.classify(number).status for number in range(20)]
        clock.set(-DAY)
        end = time.monotonic() + 10
        while client.classify().status == 429:
            assert time.monotonic() < end, "still shut out"
            time.sleep(0.2)
