"""The simulation behind the capacity guide, held to queueing theory where that has an answer."""

from __future__ import annotations

import pytest

from benchmarks import capacity
from benchmarks.capacity import Stage, plan, simulate, sustained

ONE_BY_ONE = Stage(fixed_ms=0.0, each_ms=1.0, max_batch=1, mebibytes=100)
BATCHED = Stage(fixed_ms=1.0, each_ms=0.01, max_batch=64, mebibytes=500)


def test_an_idle_server_takes_its_service_time() -> None:
    found = simulate(ONE_BY_ONE, 1.0)
    assert found.p50 == pytest.approx(1.0)
    assert found.busy == pytest.approx(0.001, rel=0.1)


def test_the_wait_is_that_of_a_queue_with_fixed_service_times() -> None:
    """M/D/1 at 80 % load: the mean wait is 0.8 / (2 * 0.2) = 2 services (Pollaczek and Khinchine)."""
    found = simulate(ONE_BY_ONE, 800.0, requests=200_000)
    assert found.busy == pytest.approx(0.8, rel=0.02)
    assert found.mean == pytest.approx(3.0, rel=0.05)


def test_batching_carries_more_than_one_by_one() -> None:
    assert sustained(BATCHED, 20.0) > 5 * sustained(ONE_BY_ONE, 20.0)


def test_what_is_sustained_keeps_its_limit_and_little_more_does_not() -> None:
    most = sustained(ONE_BY_ONE, 10.0)
    assert simulate(ONE_BY_ONE, most).p99 <= 10.0
    assert simulate(ONE_BY_ONE, most * 1.1).p99 > 10.0


def test_a_limit_below_one_request_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.5 ms is less"):
        sustained(ONE_BY_ONE, 0.5)


def test_ten_times_the_gateways_carry_ten_times_the_load() -> None:
    one, ten = (plan(count, 2, ONE_BY_ONE, BATCHED, 50.0) for count in (1, 10))
    assert ten.per_second == pytest.approx(10 * one.per_second)
    assert ten.p99 <= 50.0
    assert one.model_servers <= ten.model_servers <= 10 * one.model_servers


def test_the_command_prints_a_row_for_each_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert capacity.main(["--gateways", "1", "5", "--p99", "40"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| 1", "| 5"]
