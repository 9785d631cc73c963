"""Jobs that publish the same model at once, some of them killed, and what is served meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.publishing import incomplete, publish_at_once, wrong_answers
from tests.faults.recovery import served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("publishing")]


def test_eight_jobs_at_once_some_killed_leave_whole_versions_in_a_row(tmp_path: Path) -> None:
    with served(tmp_path) as stack:
        published = publish_at_once(stack, tmp_path / "templates", seed=7, each=4, kills=4)
        assert incomplete(stack, tmp_path / "templates", published.kinds) == []
    assert published.killed >= 1
    assert len(set(published.told)) == len(published.told), "two jobs were told the same version"
    assert published.given == list(range(2, len(published.given) + 2)), (
        "the ledger gave a number twice or none"
    )
    assert set(published.kinds) - {1} <= set(published.given)
    # A job that is killed between the ledger and the rename uses its number up.
    assert len(published.given) - (len(published.kinds) - 1) <= published.killed
    assert set(published.told) <= set(published.kinds)
    # A job killed between publishing and reporting has published one more.
    assert len(published.kinds) - 1 - len(published.told) <= published.killed
    assert published.debris == []
    assert wrong_answers(published) == []
