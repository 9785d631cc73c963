"""``python -m training`` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 240


def start(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``python -m training`` with these arguments, and with more environment variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "training", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def training(*arguments: str) -> tuple[int, str, str]:
    """Run ``python -m training`` to its end; return its exit status, stdout and stderr."""
    process = start(*arguments)
    out, err = process.communicate(timeout=MOST_SECONDS)
    return process.returncode, out, err


def last_line(out: str) -> dict[str, Any]:
    """Return the JSON object that is the last line of stdout."""
    body: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return body
