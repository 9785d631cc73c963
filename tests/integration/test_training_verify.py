"""Verification through a running stack: people get the answers that training stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.training_command import last_line, training
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]


def verify(version: Path, url: str, *more: str) -> tuple[int, str, str]:
    return training("verify", "--saved-model", str(version), "--url", url, *more)


def test_a_running_service_answers_as_training_did(stack: Stack, models_dir: Path) -> None:
    code, out, err = verify(models_dir / "digits" / "1", stack.url)
    assert code == 0, err
    found = last_line(out)
    assert found["images"] == 40
    assert found["changed_inputs"] == 0
    assert found["largest_difference"] <= found["tolerance"]


def test_verify_exits_with_3_beyond_the_tolerance(stack: Stack, models_dir: Path) -> None:
    assert verify(models_dir / "digits" / "1", stack.url, "--tolerance=-1")[0] == 3
