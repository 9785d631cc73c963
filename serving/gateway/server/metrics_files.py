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
        folder, owner = tempfile.mkdtemp(prefix="gateway-metrics-"), os.getpid()
        os.environ[VARIABLE] = folder
        atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)


def clear() -> None:
    """Empty the folder of what an earlier gateway counted."""
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
