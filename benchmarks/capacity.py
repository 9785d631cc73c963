"""How many gateways and model servers a load needs, by simulation from measured service times.

    python -m benchmarks.capacity --gateways 1 10 100 --p99 50

Requests arrive at random (Poisson) and are spread at random. Each worker of a gateway and each core of a
model server serves one batch at a time: what waits when it is free goes together, as in the gateway's
natural batching. A batch takes ``fixed + each * size`` milliseconds; docs/performance.md says where the
defaults come from.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Measured: docs/performance.md says how. Fixed ms, ms a request, largest batch, MiB.
WORKER = (0.0, 0.45, 1, 85.0)
SERVER = (0.25, 0.03, 64, 480.0)


@dataclass(frozen=True)
class Stage:
    """One kind of server.

    Attributes:
        fixed_ms: processor time of a batch, whatever its size.
        each_ms: processor time of each request in it.
        max_batch: requests served together at most.
        mebibytes: memory of one.
    """

    fixed_ms: float
    each_ms: float
    max_batch: int
    mebibytes: float

    @property
    def peak(self) -> float:
        """Requests a second of one server that always has a full batch waiting."""
        return 1000 * self.max_batch / (self.fixed_ms + self.each_ms * self.max_batch)


@dataclass(frozen=True)
class Outcome:
    """What the simulated requests met: milliseconds, and how busy one server was (0 to 1)."""

    mean: float
    p50: float
    p99: float
    busy: float


def simulate(stage: Stage, per_second: float, *, requests: int = 20_000, seed: int = 0) -> Outcome:
    """One server of a stage at its share of the load.

    Args:
        stage: its service times.
        per_second: requests that arrive at this one server.
        requests: how many to simulate.
        seed: of the arrivals.
    """
    random = np.random.default_rng(seed)
    arrivals = np.cumsum(random.exponential(1000 / per_second, requests))
    taken, busy, now, first = np.empty(requests), 0.0, 0.0, 0
    while first < requests:
        now = max(now, float(arrivals[first]))
        last = min(int(np.searchsorted(arrivals, now, side="right")), first + stage.max_batch)
        service = stage.fixed_ms + stage.each_ms * (last - first)
        now, busy = now + service, busy + service
        taken[first:last] = now - arrivals[first:last]
        first = last
    p50, p99 = np.quantile(taken, (0.5, 0.99)).tolist()
    return Outcome(float(taken.mean()), p50, p99, busy / now)


def sustained(stage: Stage, p99_ms: float) -> float:
    """The most requests a second at which one server's p99 stays within a limit.

    Raises:
        ValueError: the limit is below the time of a single request.
    """
    if p99_ms <= stage.fixed_ms + stage.each_ms:
        raise ValueError(f"{p99_ms:g} ms is less than one request takes")
    low, high = 0.0, stage.peak
    while high - low > 0.01 * stage.peak:
        middle = (low + high) / 2
        low, high = (middle, high) if simulate(stage, middle).p99 <= p99_ms else (low, middle)
    return low


@dataclass(frozen=True)
class Plan:
    """What a number of gateways carries, and what it takes."""

    gateways: int
    per_second: float
    model_servers: int
    gibibytes: float
    p50: float
    p99: float


def plan(gateways: int, workers: int, worker: Stage, server: Stage, p99_ms: float) -> Plan:
    """Load gateways as far as half of the time allows, and add model servers for the other half.

    Args:
        gateways: how many, each with ``workers`` workers.
        workers: of one gateway; one a core.
        worker: a gateway's worker.
        server: a model server on one core.
        p99_ms: limit for both stages together.

    Raises:
        ValueError: the limit is below the time of a single request.
    """
    count = gateways * workers
    each = sustained(worker, p99_ms / 2)
    servers = math.ceil(count * each / sustained(server, p99_ms / 2))
    first, second = simulate(worker, each), simulate(server, count * each / servers)
    memory = (count * worker.mebibytes + servers * server.mebibytes) / 1024
    return Plan(gateways, count * each, servers, memory, first.p50 + second.p50, first.p99 + second.p99)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what one, ten and a hundred gateways carry."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--p99", type=float, default=50, help="milliseconds within which 99 %% are answered (%(default)s)")
    add("--gateways", type=int, nargs="+", default=[1, 10, 100])
    add("--workers", type=int, default=2, help="of one gateway, one a core (%(default)s)")
    add("--worker", type=float, nargs=4, default=WORKER, metavar="X", help="fixed ms, ms each, batch, MiB")
    add(
        "--server", type=float, nargs=4, default=SERVER, metavar="X", help="the same of a model server's core"
    )
    args = parser.parse_args(arguments)
    worker, server = Stage(*args.worker), Stage(*args.server)
    print("| gateways | workers | requests/s | model server cores | GiB | p50 ms | p99 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for count in args.gateways:
        try:
            found = plan(count, args.workers, worker, server, args.p99)
        except ValueError as error:
            parser.error(f"--p99: {error}")
        print(
            f"| {count} | {count * args.workers} | {found.per_second:,.0f} | {found.model_servers} "
            f"| {found.gibibytes:,.1f} | {found.p50:.1f} | {found.p99:.1f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
