"""What every process holds on to over time, and whether it grows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tests.faults.gateway import held, workers
from tests.stack import Stack

MASTER, WORKER, MODEL_SERVER = "gateway master", "gateway worker", "model server"
MEASURES = ("megabytes", "threads", "descriptors")
# A process that has just started still grows into its size.
WARM_UP_SECONDS = 120.0

Processes = Callable[[], list[tuple[str, int]]]
"""Lists role and process id of what is watched, as it is now."""


class Sample(NamedTuple):
    """One look at one process; ``at`` in seconds since the start of the watch."""

    at: float
    megabytes: float
    threads: int
    descriptors: int


@dataclass
class Watch:
    """Samples by role and process id."""

    began: float = field(default_factory=time.monotonic)
    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def look(self, processes: Processes) -> None:
        """Add a sample of every process."""
        at = time.monotonic() - self.began
        for role, pid in processes():
            with contextlib.suppress(OSError, KeyError):  # one that has just died
                now = held(pid)
                self.samples[role, pid].append(Sample(at, now.megabytes, now.threads, now.descriptors))

    def slopes(self, role: str, warm_up: float = WARM_UP_SECONDS) -> dict[str, float | None]:
        """Growth an hour of each measure; None where no process of the role lived long enough.

        One slope for all processes of the role by least squares, each with a level of its own.
        """
        lives = [
            [sample for sample in samples if sample.at >= samples[0].at + warm_up]
            for (name, _), samples in self.samples.items()
            if name == role
        ]
        long_enough = [np.array(life, np.float64) for life in lives if len(life) >= 5]
        if not long_enough:
            return dict.fromkeys(MEASURES)
        centred = np.concatenate([life - life.mean(axis=0) for life in long_enough])
        spread = float((centred[:, 0] ** 2).sum())
        return {
            name: float((centred[:, 0] * centred[:, column]).sum() / spread * 3600.0)
            for column, name in enumerate(MEASURES, 1)
        }

    def last(self, role: str) -> Sample:
        """The newest sample of a role."""
        return max((each[-1] for (name, _), each in self.samples.items() if name == role), key=lambda s: s.at)


@contextmanager
def watching(processes: Processes, seconds: float) -> Iterator[Watch]:
    """A watch that looks every so many seconds while the block runs."""
    watch, stop = Watch(), threading.Event()

    def run() -> None:
        while not stop.wait(seconds):
            watch.look(processes)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.look(processes)


def processes_of(stack: Stack) -> list[tuple[str, int]]:
    """The processes of a stack: role and process id."""
    assert stack.gateway
    assert stack.model_server
    found = [(MASTER, stack.gateway.pid), (MODEL_SERVER, stack.model_server.pid)]
    return found + [(WORKER, pid) for pid in workers(stack)]
