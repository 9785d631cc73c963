"""Verification through a whole running stack: what training stored is what people get."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]

ROOT = Path(__file__).resolve().parents[2]


def verify(version: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", "verify", "--saved-model", str(version), "--url", url, *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_running_service_answers_as_training_did(stack: Stack, models_dir: Path) -> None:
    done = verify(models_dir / "digits" / "1", stack.url)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["images"] == 40
    assert found["changed_inputs"] == 0
    assert found["largest_difference"] <= found["tolerance"]


def test_verify_exits_with_3_beyond_the_tolerance(stack: Stack, models_dir: Path) -> None:
    assert verify(models_dir / "digits" / "1", stack.url, "--tolerance=-1").returncode == 3
