"""Disks that are full and folders that cannot be written, for a process started on them."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys

_CAPBSET_DROP, _DAC_OVERRIDE = 24, 1


def run_full(code: str, *arguments: str, most: int) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process that cannot make any file longer than ``most`` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_as_anybody(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command for which the modes of files hold, also when root runs it (capabilities(7))."""
    libc = ctypes.CDLL(None, use_errno=True)

    def drop() -> None:
        if os.geteuid() == 0 and libc.prctl(_CAPBSET_DROP, _DAC_OVERRIDE, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")

    return subprocess.run(command, preexec_fn=drop, capture_output=True, text=True, timeout=120, check=False)
