"""The description of the machine, and the memory and processor time of its processes."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def describe(*packages: str) -> str:
    """Describe processor, cores, memory, Python and the versions of some packages, in one line."""
    processor = _first("/proc/cpuinfo", "model name") or platform.processor()
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    versions = "".join(f", {name} {metadata.version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0))
    return f"{processor}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}{versions}"


def family(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants, except those that end meanwhile."""
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def resident_mebibytes(pid: int) -> float:
    """Return the resident memory of a process in MiB; shared pages count in every process."""
    return int(_first(f"/proc/{pid}/status", "VmRSS").split()[0]) / 1024


def peak_mebibytes(pid: int) -> float:
    """Return the peak resident memory of a process in MiB."""
    return int(_first(f"/proc/{pid}/status", "VmHWM").split()[0]) / 1024


def proportional_mebibytes(pid: int) -> float:
    """Return the proportional memory of a process in MiB: shared pages are divided among their processes."""
    return int(_first(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the user and system seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _first(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
