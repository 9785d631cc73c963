"""A real gateway in front of a stand-in, and what its processes hold on to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults import known_model
from tests.faults.stand_in import StandIn
from tests.stack import Stack


@contextmanager
def gateway_before(
    stand_in: StandIn, folder: Path, environ: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """A gateway whose model server is a stand-in; ready, and stopped at the end."""
    version = folder / "models" / known_model.NAME / "1"
    version.mkdir(parents=True)
    (version / "saved_model.pb").touch()  # only its name is read
    stack = Stack(folder / "models", folder, dict(environ or {}), grpc_port=stand_in.port)
    try:
        stack.start_gateway()
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()


def workers(stack: Stack) -> list[int]:
    """The process ids of the gateway's workers."""
    assert stack.gateway
    return children(stack.gateway.pid)


def children(pid: int) -> list[int]:
    """The process ids of a process's children."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return sorted(found)


@dataclass(frozen=True)
class Held:
    """What a process holds on to: resident memory in MB, threads, open file descriptors."""

    megabytes: float
    threads: int
    descriptors: int

    def allows(self, now: Held) -> bool:
        """Whether a process that held this much lost nothing if it holds that much now."""
        return (
            now.descriptors <= self.descriptors + 4
            and now.threads <= self.threads + 4
            and now.megabytes <= self.megabytes + 8
        )


def held(pid: int) -> Held:
    """What a process holds now.

    Raises:
        OSError: when there is no such process.
    """
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    megabytes = int(status["VmRSS"].split()[0]) / 1024
    return Held(megabytes, int(status["Threads"]), len(os.listdir(f"/proc/{pid}/fd")))
