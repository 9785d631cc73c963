"""The soak in short: twenty seconds of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import report
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
