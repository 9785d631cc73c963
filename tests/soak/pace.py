"""Load at a fixed rate: requests leave when they are due, whether the ones before were answered or not."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.calls import Answer, Caller
from tests.soak import mix

CALLERS = 16
# A request that is overdue by more than this is not sent: after an outage there is no rush to catch up.
_OVERDUE = 0.5


@dataclass
class Failure:
    """A request without an answer that it asked for: an error of the service, or a broken connection."""

    started: float
    ended: float
    status: int
    kind: str
    detail: str


@dataclass
class Tally:
    """What came of a load.

    Attributes:
        seconds: of each answer that was right, by the number of the interval in which it was sent.
        answered: right answers by kind.
        failures: see ``Failure``; also 5xx and 429.
        wrong: answers that were not what they had to be, and errors that were not of their form.
        not_sent: requests whose time passed while all callers waited.
    """

    began: float
    interval: float = 60.0
    seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    not_sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, sent: mix.Request, answer: Answer) -> None:
        """Count one request."""
        wrong = mix.judged(sent, answer) if answer.status else ""
        failed = answer.status in (0, 429) or answer.status >= 500
        with self._lock:
            if wrong:
                self.wrong.append(f"{kind}: {wrong}")
            elif failed or (answer.status != 200 and kind != mix.hostile.__name__):
                ended = answer.started + answer.seconds
                detail = str(answer.body)[:200]
                self.failures.append(Failure(answer.started, ended, answer.status, kind, detail))
            else:
                self.answered[kind] += 1
                self.seconds[int((answer.started - self.began) / self.interval)].append(answer.seconds)

    @property
    def total(self) -> int:
        """Requests that got the right answer."""
        return sum(self.answered.values())


class Load:
    """Callers of a gateway that share one schedule; a rate of 0 is as fast as they can."""

    def __init__(self, port: int, rate: float, tally: Tally, first: int = 0) -> None:
        self._port, self._rate, self._tally = port, rate, tally
        self._numbers = itertools.count()
        self._first = first
        self._stop = threading.Event()
        self._began = time.monotonic()

    def run(self) -> None:
        """One caller."""
        caller = Caller(self._port)
        while not self._stop.is_set():
            number = next(self._numbers)
            if self._rate:
                wait = self._began + number / self._rate - time.monotonic()
                if wait < -_OVERDUE:
                    self._tally.not_sent += 1
                    continue
                if wait > 0 and self._stop.wait(wait):
                    break
            kind, sent = mix.request(self._first + number)
            answer = caller.call(sent.method, sent.path, sent.body, sent.content_type)
            self._tally.add(kind, sent, answer)
        caller.close()

    def stop(self) -> None:
        """Wait until every caller has finished its call."""
        self._stop.set()


@contextmanager
def load(port: int, rate: float, tally: Tally, first: int = 0) -> Iterator[None]:
    """Load while the block runs."""
    running = Load(port, rate, tally, first)
    threads = [threading.Thread(target=running.run) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        running.stop()
        for thread in threads:
            thread.join(60)


def capacity(port: int, seconds: float) -> float:
    """Requests of the mix that are answered in a second when as many as possible are sent."""
    tally = Tally(time.monotonic())
    with load(port, 0.0, tally):
        time.sleep(seconds)
    return tally.total / (time.monotonic() - tally.began)
