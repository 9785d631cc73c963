"""The simulation behind the capacity guide, compared with queueing theory where that has an answer."""

from __future__ import annotations

import pytest

from benchmarks import capacity
from benchmarks.capacity import Costs, cores_needed, simulate

WORKER_ALONE = Costs(request=1.0, call=0.0, picture=0.0)
CALLS_COUNT = Costs(request=0.1, call=1.0, picture=0.01)


def test_a_request_without_competition_takes_its_service_times() -> None:
    found = simulate(Costs(request=1.0, call=2.0, picture=0.5), 1, 1, 1.0, requests=2000)
    assert found.p50 == pytest.approx(3.5)
    assert found.pictures == pytest.approx(1.0, rel=0.01)


def test_the_wait_is_that_of_a_queue_with_fixed_service_times() -> None:
    """M/D/1 at 80 % load: the mean wait is 0.8 / (2 * 0.2) = 2 services (Pollaczek and Khinchine)."""
    found = simulate(WORKER_ALONE, 1, 1, 800.0, requests=200_000)
    assert found.mean == pytest.approx(3.0, rel=0.05)


def test_waiting_requests_go_into_the_next_call_together() -> None:
    found = simulate(CALLS_COUNT, 1, 1, 4000.0)
    assert found.pictures > 3
    assert found.p99 < 5
    assert found.busy < 1


def test_many_workers_with_few_pictures_each_need_more_cores_than_one_with_many() -> None:
    together = simulate(CALLS_COUNT, 1, 1, 4000.0)
    spread = simulate(CALLS_COUNT, 8, 8, 4000.0)
    assert spread.pictures < together.pictures
    assert spread.busy * 8 > together.busy


def test_the_cores_needed_are_enough_and_one_less_is_not() -> None:
    cores = cores_needed(CALLS_COUNT, 10, 5000.0, 10.0)
    assert simulate(CALLS_COUNT, 10, cores, 5000.0).p99 <= 10.0
    assert simulate(CALLS_COUNT, 10, cores - 1, 5000.0).p99 > 10.0


def test_a_limit_that_the_workers_alone_exceed_is_refused() -> None:
    with pytest.raises(ValueError, match="more gateways"):
        cores_needed(WORKER_ALONE, 2, 1900.0, 1.5)


def test_the_command_prints_a_row_for_each_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert capacity.main(["--gateways", "1", "5", "--p99", "40"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| 1", "| 5"]
