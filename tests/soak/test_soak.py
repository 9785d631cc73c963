"""The soaks in short: twenty seconds of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import failing, report
from tests.soak.run import soak
from tests.soak.watch import MODEL_SERVER, Sample, Watch


@pytest.mark.slow
@pytest.mark.xdist_group("soak")
def test_no_answer_is_wrong_and_nothing_fails_but_by_a_fault(tmp_path: Path) -> None:
    soaked = soak(tmp_path / "soak", 20.0, measuring=3.0, part=0.4)
    report.write(soaked, tmp_path / "report")
    assert soaked.tally.wrong == []
    assert soaked.unexcused == []
    assert soaked.tally.total > 100
    assert set(soaked.tally.answered) >= {"one_picture", "many_pictures", "as_json", "tensors", "tensors_v2"}
    assert soaked.events.done["swap"] >= 2
    assert soaked.events.done["outage"] == soaked.events.done["worker"] == 1
    assert "Passed" in (tmp_path / "report" / "report.md").read_text()
    assert (tmp_path / "report" / "soak.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.xdist_group("soak")
def test_requests_that_fail_are_answered_rightly_and_in_time_and_leave_nothing_behind(tmp_path: Path) -> None:
    soaked = failing.soak(tmp_path, 20.0)
    assert soaked.wrong == []
    assert soaked.complaints == []
    assert set(soaked.answered) == {kind.__name__ for kind in failing.KINDS}
    assert set(soaked.phases) == {phase.__name__ for phase in failing.PHASES}
    assert set(soaked.statuses) >= {200, 400, 404, 413, 503, 504}
    assert soaked.grown_mb < failing.MOST_GROWTH_MB
    assert "Passed" in soaked.report()


def test_growth_is_seen_within_each_process_and_not_from_one_to_the_next() -> None:
    watch = Watch()
    for pid, level in ((1, 100.0), (2, 500.0)):
        began = pid * 1000.0
        watch.samples[MODEL_SERVER, pid] = [
            Sample(began + at, level + at / 3600 * 7, 10, 20) for at in range(0, 600, 5)
        ]
    slopes = watch.slopes(MODEL_SERVER)
    assert slopes["megabytes"] == pytest.approx(7.0)
    assert slopes["threads"] == pytest.approx(0.0)
    assert Watch().slopes(MODEL_SERVER)["megabytes"] is None
