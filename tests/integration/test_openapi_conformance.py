"""Schemathesis against ``/openapi.json`` of a running gateway: whatever it makes up, nothing breaks.

With more examples: ``SCHEMATHESIS_MAX_EXAMPLES=500 pytest tests/integration/test_openapi_conformance.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import Stack

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
MAX_EXAMPLES = os.environ.get("SCHEMATHESIS_MAX_EXAMPLES", "20")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_running_gateway_keeps_to_its_description(stack: Stack) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)]
    command += ["run", f"{stack.url}/openapi.json", "--max-examples", MAX_EXAMPLES, "--seed", "1"]
    command += ["--request-timeout", "20", "--no-color", "--suppress-health-check", "all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain_environment())
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]


def plain_environment() -> dict[str, str]:
    """This process's environment with as many columns as the report needs."""
    return {**os.environ, "COLUMNS": "160"}
