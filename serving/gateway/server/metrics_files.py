"""The folder through which workers count together, in prometheus_client's multiprocess mode."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare() -> None:
    """Name a folder in the environment unless one is named; before prometheus_client is imported.

    A folder made here is removed when this process ends, not when a worker forked from it does.
    """
    if not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="gateway-metrics-")
        atexit.register(_remove, os.environ[VARIABLE], os.getpid())


def clear() -> None:
    """Empty the folder of what an earlier gateway counted."""
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()


def forget(pid: int) -> None:
    """Leave out the gauges of a worker that has ended; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # reads the variable when imported

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
