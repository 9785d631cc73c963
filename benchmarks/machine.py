"""The machine a figure comes from, in one line, and what its processes use."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def describe(*packages: str) -> str:
    """Processor, cores, memory, Python and the versions of the packages named."""
    processor = _first("/proc/cpuinfo", "model name") or platform.processor()
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    versions = "".join(f", {name} {metadata.version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0))
    return f"{processor}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}{versions}"


def family(pid: int) -> Iterator[int]:
    """The process and all its descendants, those left out that end meanwhile."""
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def resident_mebibytes(pid: int) -> float:
    """Resident memory of one process in MiB; shared pages count in each process."""
    return int(_first(f"/proc/{pid}/status", "VmRSS").split()[0]) / 1024


def peak_mebibytes(pid: int) -> float:
    """The most resident memory that one process has had so far, in MiB."""
    return int(_first(f"/proc/{pid}/status", "VmHWM").split()[0]) / 1024


def proportional_mebibytes(pid: int) -> float:
    """Memory of one process in MiB, each shared page divided among those that share it."""
    return int(_first(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) / 1024


def cpu_seconds(pid: int) -> float:
    """User and system seconds that one process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _first(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
