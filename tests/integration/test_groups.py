"""Tests of one group run in one process: pytest 9.2 made pytest-xdist ignore ``xdist_group`` silently."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MODULE = """
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(8))
def test_that_notes_its_process(number):
    (Path(__file__).parent / f"{number}.worker").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_tests_of_one_group_run_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "test_noted.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    notes = [path.read_text() for path in tmp_path.glob("*.worker")]
    assert len(notes) == 8
    assert len(set(notes)) == 1
