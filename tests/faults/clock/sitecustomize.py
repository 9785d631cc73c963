"""Loaded by Python itself where this folder is on PYTHONPATH: a wall clock that a test can set.

The file that ``FAULTS_CLOCK`` names holds the seconds that the clock is off; the monotonic clock is left
alone, as it is when somebody sets a machine's clock. gRPC keeps the true time: it hands deadlines to code in
C that reads the system's clock, and on a machine whose clock jumps both see the same one.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_FILE = Path(os.environ["FAULTS_CLOCK"])
_true = time.time


def _set_clock() -> float:
    caller = str(sys._getframe(1).f_globals.get("__name__", ""))
    if caller.startswith("grpc"):
        return _true()
    return _true() + float(_FILE.read_text() or 0.0)


time.time = _set_clock
