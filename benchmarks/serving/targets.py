"""What the figures are held to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.serving.figures import Figures, ratio
from benchmarks.serving.scenarios import MAIN_CLIENTS, MANY
from benchmarks.serving.systems import FLOOR, GATEWAY, PEERS, UNBATCHED

RATE, P50, P99 = f"rate {MAIN_CLIENTS}", "p50 1", f"p99 {MAIN_CLIENTS}"


@dataclass(frozen=True)
class Target:
    """One target and how it went; only what was measured is listed."""

    name: str
    wanted: str
    value: str
    met: bool


def targets(figures: Figures, floor_images: float | None) -> list[Target]:
    """The targets for which this run has figures."""
    listed = [*_beside_peers(figures), *_beside_limits(figures, floor_images), *_overload(figures)]
    return [target for target in listed if "nan" not in target.value]


def best_peer(figures: Figures, figure: str, *, least: bool = False) -> float:
    """The best of the peers in a figure; NaN without any."""
    found = [value for peer in PEERS if not math.isnan(value := figures.get(peer, figure))]
    return (min(found) if least else max(found)) if found else math.nan


def _beside_peers(figures: Figures) -> list[Target]:
    def ours(figure: str) -> float:
        return figures.get(GATEWAY, figure)

    return [
        _at_least(
            f"{MAIN_CLIENTS} clients: requests/s over the best peer's",
            ratio(ours(RATE), best_peer(figures, RATE)),
            2.5,
        ),
        _at_most(
            f"{MAIN_CLIENTS} clients: p99 over the lowest of a peer",
            ratio(ours(P99), best_peer(figures, P99, least=True)),
            1,
        ),
        _at_most(
            "1 client: p50 over the best peer's", ratio(ours(P50), best_peer(figures, P50, least=True)), 0.5
        ),
        _at_most(
            "1 client: p50 over LitServe's without batching", ratio(ours(P50), figures.get(UNBATCHED, P50)), 1
        ),
    ]


def _beside_limits(figures: Figures, floor_images: float | None) -> list[Target]:
    rate = figures.get(GATEWAY, RATE)
    images = ratio(figures.get(GATEWAY, f"rate {MANY}"), floor_images or 0.0)
    return [
        _at_least(
            f"{MAIN_CLIENTS} clients: requests/s over the empty route's",
            ratio(rate, figures.get(FLOOR, RATE)),
            0.4,
        ),
        _at_least("64 images a request: images/s over the floor's on all cores", images, 0.6),
        _at_most("1 client: p50 over a direct gRPC call's, ms added", figures.get(GATEWAY, "added p50"), 1),
        _at_most("1 client: p99 over a direct gRPC call's, ms added", figures.get(GATEWAY, "added p99"), 5),
    ]


def _overload(figures: Figures) -> list[Target]:
    def ours(figure: str) -> float:
        return figures.get(GATEWAY, f"overload {figure}")

    return [
        _at_least(
            "over capacity: answered over the peak's requests/s", ratio(ours("answered"), ours("peak")), 0.9
        ),
        _at_most("over capacity: p99 of the answered, ms", ours("p99"), 1000),
        _at_most("over capacity: p50 of 429, ms", ours("refusal p50"), 100),
        _at_most("over capacity: other failures", ours("other"), 0),
        _at_most("over capacity: MiB more than before", ours("memory after") - ours("memory before"), 16),
    ]


def _at_least(name: str, value: float, wanted: float) -> Target:
    return Target(name, f"at least {wanted:g}", f"{value:.2f}", value >= wanted)


def _at_most(name: str, value: float, wanted: float) -> Target:
    return Target(name, f"at most {wanted:g}", f"{value:.2f}", value <= wanted)
