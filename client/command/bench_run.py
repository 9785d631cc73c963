"""Measure calls made at once by some threads for a while."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter, process_time, sleep
from typing import TypeAlias

from client.errors import ClientError
from client.results import Failure, Result

Call: TypeAlias = "Callable[[], Sequence[Result]]"

_AFTER_ERROR_SECONDS = 0.05


@dataclass
class Measured:
    """What came of it.

    Attributes:
        latencies: seconds of each call that was answered.
        answered: pictures that got an answer.
        errors: how often each problem code came back for a picture or for a whole call.
        seconds: wall time from the first call to the last answer.
        cpu_seconds: processor time of this process meanwhile.
    """

    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def percentile(self, percent: float) -> float:
        """The latency in seconds that ``percent`` of the calls kept to (nearest rank); 0 without calls."""
        ordered = sorted(self.latencies)
        return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def measure(call: Call, concurrency: int, seconds: float) -> Measured:
    """Make calls from ``concurrency`` threads for ``seconds``."""
    found, lock = Measured(), threading.Lock()
    begin, cpu = perf_counter(), process_time()
    threads = [
        threading.Thread(target=_repeat, args=(call, begin + seconds, found, lock), daemon=True)
        for _ in range(concurrency)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds, found.cpu_seconds = perf_counter() - begin, process_time() - cpu
    return found


def _repeat(
    call: Callable[[], Sequence[Result]], until: float, found: Measured, lock: threading.Lock
) -> None:
    while (begin := perf_counter()) < until:
        try:
            results = call()
        except ClientError as error:
            with lock:
                found.errors[error.code] += 1
            sleep(min(error.retry_after or _AFTER_ERROR_SECONDS, max(0.0, until - perf_counter())))
            continue
        took = perf_counter() - begin
        failures = [result.error.code for result in results if isinstance(result, Failure)]
        with lock:
            found.latencies.append(took)
            found.answered += len(results) - len(failures)
            found.errors.update(failures)
