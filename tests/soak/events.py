"""What happens during a soak: versions swap, the model server dies and comes back, a worker dies."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import known_model
from tests.faults.calls import PATH, caller
from tests.faults.gateway import workers
from tests.faults.recovery import PROMISED, publish, recovery, wait_for_port
from tests.stack import Stack

ROLLBACK_EVERY = 4


@dataclass(frozen=True)
class Window:
    """A time in which requests may fail, on the monotonic clock, and with which statuses (0: no answer)."""

    began: float
    ended: float
    statuses: frozenset[int]


@dataclass
class Events:
    """Does the events, and notes what they may break.

    Attributes:
        windows: see ``Window``; a swap of versions has none.
        recoveries: seconds from each return of the model server to the gateway's first of ten answers.
        done: how often each event happened.
    """

    stack: Stack
    templates: Path
    windows: list[Window] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=lambda: {"swap": 0, "rollback": 0, "outage": 0, "worker": 0})
    _version: int = 1

    def swap(self) -> None:
        """Publish the next version, or take the newest away; wait until answers come from what is left."""
        model = self.stack.models_dir / known_model.NAME
        back = self.done["swap"] % ROLLBACK_EVERY == ROLLBACK_EVERY - 1
        if back:
            (model / str(self._version)).rename(model / f".{self._version}.away")
            shutil.rmtree(model / f".{self._version}.away")
            self._version -= 1
            self.done["rollback"] += 1
        else:
            self._version += 1
            publish(self.templates, self.stack.models_dir, self._version)
            shutil.rmtree(model / str(self._version - 3), ignore_errors=True)
        self.done["swap"] += 1
        self._wait_for_answers()

    def outage(self) -> None:
        """Kill the model server and start it again at once."""
        began, server = time.monotonic(), self.stack.model_server
        assert server
        os.killpg(server.pid, signal.SIGKILL)
        server.stop(grace=1)
        self.stack.start_model_server()
        wait_for_port(self.stack.grpc_port)
        returned = time.monotonic()
        self.windows.append(Window(began, returned + PROMISED, frozenset({502, 503, 504})))
        self.recoveries.append(recovery(self.stack))
        self.done["outage"] += 1

    def worker(self) -> None:
        """Kill one of the gateway's workers."""
        began, victim = time.monotonic(), workers(self.stack)[0]
        os.kill(victim, signal.SIGKILL)
        # What was in flight at this moment, and what reached its connections before they were gone.
        self.windows.append(Window(began, began + 0.5, frozenset({0})))
        self.done["worker"] += 1

    def excuses(self, began: float, ended: float, status: int) -> bool:
        """Whether a request that failed was in flight in a window that allows for it."""
        return any(w.began <= ended and began <= w.ended and status in w.statuses for w in self.windows)

    def _wait_for_answers(self) -> None:
        end = time.monotonic() + 30
        with caller(self.stack.gateway_port) as client:
            while time.monotonic() < end:
                answer = client.call("GET", PATH)
                states = answer.body.get("versions", []) if answer.status == 200 else []
                available = [each["version"] for each in states if each["state"] == "AVAILABLE"]
                if available[:1] == [self._version]:  # the one before stays loaded beside it
                    return
                time.sleep(0.1)
        raise AssertionError(f"version {self._version} is not the one that serves: {answer.body}")


Plan = list[tuple[float, Callable[[], None]]]


def plan(events: Events, seconds: float) -> Plan:
    """When to do what: 120 swaps, three outages, five dead workers; fewer in a short soak, but each once."""
    every = max(seconds / 120, 4.0)
    swaps = [(every * number, events.swap) for number in range(1, int(seconds * 0.95 / every))]
    outages, deaths = (3, 5) if seconds >= 600 else (1, 1)
    dead = [(seconds * (number + 0.4) / outages, events.outage) for number in range(outages)]
    killed = [(seconds * (number + 0.75) / deaths, events.worker) for number in range(deaths)]
    return sorted(swaps + dead + killed, key=lambda each: each[0])
