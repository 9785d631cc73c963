"""Simulate how many gateways and model servers a load needs, from measured service times.

    python -m benchmarks.capacity --gateways 1 10 100 --p99 50

Requests arrive at random (a Poisson process) and go to random workers. A worker prepares one request after
another. Requests that are ready during its call go into the next call together, as in the gateway. A call
goes to the model server core that is free first, and takes ``call + picture * size`` milliseconds there.
docs/performance.md explains the defaults.
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from benchmarks.arguments import described


@dataclass(frozen=True)
class Costs:
    """Measured processor time, in milliseconds, and memory, in MiB.

    Attributes:
        request: processor time of a worker per request.
        call: processor time of a model server per call, without its pictures.
        picture: processor time of a model server per picture in a call.
        batch: the most pictures per call.
        worker_mib: memory of a worker.
        server_mib: memory of a model server per core.
    """

    request: float = 0.55
    call: float = 0.65
    picture: float = 0.04
    batch: int = 64
    worker_mib: float = 85.0
    server_mib: float = 240.0


@dataclass(frozen=True)
class Outcome:
    """The result of a simulation.

    Attributes:
        mean: mean latency in milliseconds.
        p50: median latency in milliseconds.
        p99: 99 % quantile of the latency in milliseconds.
        pictures: mean number of pictures per call.
        busy: utilisation of the model server cores, 0..1.
    """

    mean: float
    p50: float
    p99: float
    pictures: float
    busy: float


def simulate(
    costs: Costs, workers: int, cores: int, per_second: float, *, requests: int = 40_000, seed: int = 0
) -> Outcome:
    """Simulate workers in front of model server cores by discrete events, first come, first served.

    Args:
        costs: the measured costs.
        workers: number of workers of all gateways.
        cores: number of cores of all model servers.
        per_second: requests per second that arrive at all workers together.
        requests: number of requests to simulate.
        seed: seed of the arrivals.
    """
    random = np.random.default_rng(seed)
    arrivals = np.cumsum(random.exponential(1000 / per_second, requests)).tolist()
    ready = _prepared(arrivals, random.integers(workers, size=requests).tolist(), workers, costs.request)
    waiting: list[list[float]] = [[] for _ in range(workers)]
    called = [False] * workers
    free = [0.0] * cores
    done: list[tuple[float, int, list[float]]] = []
    taken: list[float] = []
    calls, busy, now, position = 0, 0.0, 0.0, 0
    while position < requests or done:
        if done and (position == requests or done[0][0] <= ready[position][0]):
            now, worker, batch = heapq.heappop(done)
            taken += [now - arrival for arrival in batch]
            called[worker] = False
        else:
            now, worker, arrival = ready[position]
            waiting[worker].append(arrival)
            position += 1
        if waiting[worker] and not called[worker]:
            batch, waiting[worker] = waiting[worker][: costs.batch], waiting[worker][costs.batch :]
            service = costs.call + costs.picture * len(batch)
            end = max(now, free[0]) + service
            heapq.heapreplace(free, end)
            heapq.heappush(done, (end, worker, batch))
            called[worker], calls, busy = True, calls + 1, busy + service
    p50, p99 = np.quantile(taken, (0.5, 0.99)).tolist()
    return Outcome(float(np.mean(taken)), p50, p99, requests / calls, busy / now / cores)


def _prepared(
    arrivals: list[float], chosen: list[int], workers: int, each: float
) -> list[tuple[float, int, float]]:
    """Return for each request when it is ready for a call, its worker and its arrival, in order."""
    free, ready = [0.0] * workers, []
    for arrival, worker in zip(arrivals, chosen, strict=True):
        free[worker] = max(free[worker], arrival) + each
        ready.append((free[worker], worker, arrival))
    return sorted(ready)


def cores_needed(costs: Costs, workers: int, per_second: float, p99_ms: float) -> int:
    """Return the least number of model server cores with which 99 % of the requests are answered in time.

    Raises:
        ValueError: if the workers alone take too long, with any number of cores.
    """

    def enough(cores: int) -> bool:
        return simulate(costs, workers, cores, per_second).p99 <= p99_ms

    if not enough(workers):
        raise ValueError(
            f"at this load, {p99_ms:g} ms is not enough time; use more gateways or allow more time"
        )
    low, high = 0, workers  # each worker has at most one call at a time, so more cores would be idle
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the load that each number of gateways carries, and the model server cores it needs."""
    parser = _parser()
    args = parser.parse_args(arguments)
    costs = Costs(**{field.name: getattr(args, field.name) for field in fields(Costs)})
    print("| gateways | requests/s | model server cores | pictures per call | GiB | p50 ms | p99 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for gateways in args.gateways:
        workers = gateways * args.workers
        per_second = args.load * workers * 1000 / costs.request
        try:
            cores = cores_needed(costs, workers, per_second, args.p99)
        except ValueError as error:
            parser.error(str(error))
        found = simulate(costs, workers, cores, per_second)
        memory = math.fsum((workers * costs.worker_mib, cores * costs.server_mib)) / 1024
        print(
            f"| {gateways} | {per_second:,.0f} | {cores} | {found.pictures:.1f} | {memory:,.1f} "
            f"| {found.p50:.1f} | {found.p99:.1f} |"
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.capacity", __doc__)
    add = parser.add_argument
    add("--gateways", type=int, nargs="+", default=[1, 10, 100], help="default: 1 10 100")
    add("--workers", type=int, default=2, help="workers per gateway, one per core (default: %(default)s)")
    add("--load", type=float, default=0.7, help="utilisation of a worker's core (default: %(default)s)")
    add(
        "--p99",
        type=float,
        default=50,
        help="milliseconds within which 99 %% must be answered (default: %(default)s)",
    )
    for field in fields(Costs):
        kind = int if field.name == "batch" else float
        add(
            f"--{field.name.replace('_', '-')}", type=kind, default=field.default, help="default: %(default)s"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
