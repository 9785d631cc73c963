"""Inputs run in a process of their own, watched: one that hangs or kills it is kept all the same."""

from __future__ import annotations

import hashlib
import mmap
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from tests.hostile.tally import DEADLINE_SECONDS, Tally
from tests.hostile.targets import Target

FOLDER = Path("build/fuzz")
HANG_SECONDS = 60.0
LARGEST = 32_000_000
MOST_FAILURES = 20

Feed = Callable[["Probe"], None]
"""Calls a probe with one input after the other, until it says that this was the last."""


class Probe:
    """Puts inputs to a target and counts; the input under way lies in shared memory.

    Args:
        tally: where to count.
        target: what to put them to.
        shared: anonymous shared memory: how many inputs there were, the input's length, the input.
        end: when to stop, on the monotonic clock.
    """

    def __init__(self, tally: Tally, target: Target, shared: mmap.mmap, end: float) -> None:
        self._tally, self._target, self._shared, self._end = tally, target, shared, end

    def __call__(self, data: bytes) -> bool:
        """Try one input; False when no more are wanted."""
        _note(self._shared, self._tally.inputs + 1, data)
        started = time.thread_time()
        try:
            outcome = self._target(data)
        except Exception:  # noqa: BLE001 - finding these is what this is for
            outcome = "DEFECT"
            self._fail(data, traceback.format_exc(limit=-4))
        seconds = time.thread_time() - started
        if seconds > DEADLINE_SECONDS:
            self._fail(data, f"{seconds:.1f} s of CPU time")
        self._tally.count(outcome, seconds)
        return len(self._tally.failures) < MOST_FAILURES and time.monotonic() < self._end

    def _fail(self, data: bytes, reason: str) -> None:
        self._tally.failures.append(f"{keep(data)}: {reason}")


def run(name: str, target: Target, feed: Feed, seconds: float) -> Tally:
    """Run a feed in a process of its own.

    Args:
        name: for the report.
        target: what takes the inputs.
        feed: where they come from.
        seconds: most wall time.

    Returns:
        The figures; a hang or a crash is among the failures.
    """
    shared = mmap.mmap(-1, LARGEST + 16)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(name, target, feed, seconds, shared, sender))
    child.start()
    sender.close()
    reason = _watch(child, receiver, shared)
    tally: Tally = receiver.recv() if reason is None else Tally(name, failures=[reason])
    child.join()
    return tally


def keep(data: bytes) -> Path:
    """Store an input that did what none may do."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


def _child(
    name: str, target: Target, feed: Feed, seconds: float, shared: mmap.mmap, sender: Connection
) -> None:
    tally = Tally(name)
    feed(Probe(tally, target, shared, time.monotonic() + seconds))
    sender.send(tally)
    sender.close()


def _watch(child: multiprocessing.process.BaseProcess, receiver: Connection, shared: mmap.mmap) -> str | None:
    """Wait for the child's figures; the reason why there are none."""
    count, since = -1, time.monotonic()
    while not receiver.poll(0.5):
        now, data = _noted(shared)
        if now != count:
            count, since = now, time.monotonic()
        if not child.is_alive() and not receiver.poll(0):
            return f"{keep(data)}: the process ended with {child.exitcode} at input {now}"
        if time.monotonic() - since > HANG_SECONDS:
            os.kill(child.pid or 0, 9)
            return f"{keep(data)}: no answer for {HANG_SECONDS:.0f} s at input {now}"
    try:
        receiver.poll(None)
    except EOFError:  # pragma: no cover - the child died while it was writing
        return "the process ended without figures"
    return None


def _note(shared: mmap.mmap, count: int, data: bytes) -> None:
    shared[:16] = count.to_bytes(8, "little") + len(data).to_bytes(8, "little")
    shared[16 : 16 + min(len(data), LARGEST)] = data[:LARGEST]


def _noted(shared: mmap.mmap) -> tuple[int, bytes]:
    count, size = int.from_bytes(shared[:8], "little"), int.from_bytes(shared[8:16], "little")
    return count, shared[16 : 16 + min(size, LARGEST)]
