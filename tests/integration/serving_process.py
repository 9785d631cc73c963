"""``python -m serving`` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_PATIENCE = 120


@contextmanager
def serving(models_dir: Path, port: int, **environ: str) -> Iterator[str]:
    """Serve a folder of models while the block runs; yield the address."""
    command = [
        sys.executable,
        "-m",
        "serving",
        "--in-workers",
        f"--models-dir={models_dir}",
        f"--port={port}",
    ]
    settings = {**os.environ, "GATEWAY_WORKERS": "1", "GATEWAY_READY_WHEN": "all", **environ}
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "the service ended"
        try:
            if httpx.get(f"{url}/readyz").status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("the service never became ready")
