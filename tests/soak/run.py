"""One soak from start to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults.recovery import recovery, served
from tests.soak.events import Events, plan
from tests.soak.pace import Failure, Tally, capacity, load
from tests.soak.watch import Watch, processes_of, watching

PART = 0.7
"""Of the capacity that is asked of the stack."""


@dataclass(frozen=True)
class Soaked:
    """The result of a soak.

    Attributes:
        seconds: it lasted.
        capacity: requests a second that the stack and this load generator were capable of at the start, with
            the version of the kind whose pictures take longer to prepare.
        rate: requests a second that were sent.
        tally: what came of them.
        watch: what the processes held on to.
        events: what happened meanwhile.
        unexcused: failures that no fault explains.
    """

    seconds: float
    capacity: float
    rate: float
    tally: Tally
    watch: Watch
    events: Events
    unexcused: list[Failure]

    @property
    def passed(self) -> bool:
        """Whether there was no wrong answer and no failure but those that a fault explains."""
        return not self.tally.wrong and not self.unexcused


def soak(
    folder: Path,
    seconds: float,
    *,
    measuring: float = 10.0,
    part: float = PART,
    tell: Callable[[str], None] = print,
) -> Soaked:
    """Start a stack, find its capacity, load it and have things happen to it."""
    environ = {"GATEWAY_ACCESS_LOG": "false", "GATEWAY_LOG_LEVEL": "error"}
    with served(folder, environ=environ) as stack:
        recovery(stack)
        events = Events(stack, folder / "templates")
        most = _capacity(events, measuring)
        tell(f"capacity {most:.0f} requests/s; going on with {part * most:.0f}/s for {seconds:.0f} s")
        tally = Tally(time.monotonic(), interval=60.0 if seconds >= 300 else 5.0)
        processes = partial(processes_of, stack)
        with (
            watching(processes, min(5.0, seconds / 60)) as watch,
            load(stack.gateway_port, part * most, tally),
        ):
            _do(events, tally.began, seconds, tell)
        lasted = time.monotonic() - tally.began
    unexcused = [each for each in tally.failures if not events.excuses(each.started, each.ended, each.status)]
    return Soaked(lasted, most, part * most, tally, watch, events, unexcused)


def _capacity(events: Events, seconds: float) -> float:
    """The lower of two, for the kinds of versions that will take turns cost different work."""
    first = capacity(events.stack.gateway_port, seconds)
    events.swap()
    return min(first, capacity(events.stack.gateway_port, seconds))


def _do(events: Events, began: float, seconds: float, tell: Callable[[str], None]) -> None:
    for at, event in plan(events, seconds):
        wait = began + at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        event()
        tell(f"{time.monotonic() - began:6.0f} s  {event.__name__}")
    time.sleep(max(0.0, began + seconds - time.monotonic()))
