"""A soak whose requests mostly fail: memory stays flat, every answer is right and in time."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from tests.failures.observed import complaints
from tests.faults import faults
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway, running
from tests.soak.failing_mix import (
    DEADLINE_SECONDS,
    FAILING,
    KINDS,
    MOST_BYTES,
    READINESS_SECONDS,
    UNKNOWN,
    WELL,
)
from tests.soak.watch import WORKER, Watch, watching

__all__ = ["KINDS", "MOST_GROWTH_MB", "PHASES", "Soaked", "soak"]

CALLERS = 12
PHASE_SECONDS = 2.0
MOST_GROWTH_MB = 60.0


def answering(stand_in: StandIn) -> None:
    """The failing model answers."""
    stand_in.by_model.pop(FAILING, None)


def hanging(stand_in: StandIn) -> None:
    """It takes calls and answers none in time."""
    stand_in.by_model[FAILING] = faults.slow(2 * DEADLINE_SECONDS)


def unloaded(stand_in: StandIn) -> None:
    """The model server does not have it."""
    stand_in.by_model[FAILING] = faults.code(grpc.StatusCode.NOT_FOUND)


def away(stand_in: StandIn) -> None:
    """The model server cannot be reached for it."""
    stand_in.by_model[FAILING] = faults.code(grpc.StatusCode.UNAVAILABLE)


PHASES = (answering, hanging, unloaded, away)


@dataclass
class Soaked:
    """The result of a soak.

    Attributes:
        seconds: it lasted.
        answered: requests by kind, right or wrong.
        statuses: how many answers had each; 0 for clients that left.
        phases: how often the failing model was in each.
        wrong: what was wrong with answers.
        complaints: lines of the log that tell of an error.
        watch: what the workers held on to.
    """

    seconds: float
    answered: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)

    @property
    def grown_mb(self) -> float:
        """Growth of all workers from the second fifth of the time to the last."""
        lives = [np.array(samples) for samples in self.watch.samples.values()]
        fifths = [np.array_split(life[:, 1], 5) for life in lives]
        return float(sum(np.median(parts[4]) - np.median(parts[1]) for parts in fifths))

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong, logged as an error or kept."""
        return not self.wrong and not self.complaints and self.grown_mb < MOST_GROWTH_MB

    def report(self) -> str:
        """The figures as Markdown."""
        slopes = self.watch.slopes(WORKER, min(120.0, self.seconds / 5))
        rows = {
            "requests": f"{self.answered.total():,}",
            "by status (0: the client left)": dict(sorted(self.statuses.items())),
            "wrong or late answers": len(self.wrong),
            "errors in the log": len(self.complaints),
            "growth of the workers, MB": f"{self.grown_mb:+.1f}",
            **{f"{name} of a worker an hour": _slope(value) for name, value in slopes.items()},
        }
        lines = [f"| {name} | {value} |" for name, value in rows.items()]
        lines += [f"\nWrong: {each}" for each in self.wrong[:20]]
        lines += [f"\nLogged: {each}" for each in self.complaints[:20]]
        head = (
            f"# Failing soak\n\n{'Passed' if self.passed else 'FAILED'}: {self.seconds / 60:.1f} minutes.\n"
        )
        return "\n".join([head, "| what | figure |", "| --- | --- |", *lines])


def soak(folder: Path, seconds: float, *, tell: Callable[[str], None] = lambda _text: None) -> Soaked:
    """Start a stand-in and a gateway with two workers, and send them what fails."""
    stand_in, soaked = StandIn(), Soaked(seconds)
    stand_in.by_model[UNKNOWN] = faults.code(grpc.StatusCode.NOT_FOUND)
    stand_in.start()
    settings = {
        "GATEWAY_MODELS": f"{WELL},{FAILING}",
        "GATEWAY_WORKERS": "2",
        "GATEWAY_MAX_REQUEST_BYTES": str(MOST_BYTES),
        "GATEWAY_READINESS_SECONDS": str(READINESS_SECONDS),
    }
    try:
        with running(folder, f"127.0.0.1:{stand_in.port}", **settings) as gateway:
            with watching(partial(_workers, gateway), min(5.0, seconds / 60)) as soaked.watch:
                asyncio.run(_load(gateway.port, stand_in, soaked, tell))
            soaked.complaints = complaints(gateway)
    finally:
        stand_in.stop()
    return soaked


def _workers(gateway: Gateway) -> list[tuple[str, int]]:
    return [(WORKER, pid) for pid in gateway.workers()]


async def _load(port: int, stand_in: StandIn, soaked: Soaked, tell: Callable[[str], None]) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CALLERS))
    end = time.monotonic() + soaked.seconds
    callers = [asyncio.ensure_future(_call(port, seed, end, soaked)) for seed in range(CALLERS)]
    for phase in itertools.cycle(PHASES):
        if time.monotonic() >= end:
            break
        phase(stand_in)
        soaked.phases[phase.__name__] += 1
        tell(f"{phase.__name__}: {soaked.answered.total()} requests, {len(soaked.wrong)} wrong")
        await asyncio.sleep(PHASE_SECONDS)
    await asyncio.gather(*callers)


async def _call(port: int, seed: int, end: float, soaked: Soaked) -> None:
    chance = random.Random(seed)
    while time.monotonic() < end:
        kind = chance.choice(KINDS)
        status, wrong = await kind(port, chance)
        soaked.answered[kind.__name__] += 1
        soaked.statuses[status] += 1
        if wrong:
            soaked.wrong.append(f"{kind.__name__}: {wrong}")


def _slope(value: float | None) -> str:
    return "too short" if value is None else f"{value:+.1f}"
