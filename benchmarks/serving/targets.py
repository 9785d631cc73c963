"""The targets that the figures must meet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.serving.figures import Figures, ratio
from benchmarks.serving.scenarios import MAIN_CLIENTS, MANY
from benchmarks.serving.systems import EMBEDDED, FLOOR, GATEWAY, PEERS, UNBATCHED

TAIL, MEMORY, START = f"p99 {MAIN_CLIENTS}", "proportional", "start"
RATES = {1: 1.4, 8: 1.0, 32: 1.0, 128: 1.1}
"""Required ratio of requests/s to the best peer's, by number of clients."""
IMAGES = 0.9
"""Required ratio of images/s to the best peer's, with 64 images per request."""


@dataclass(frozen=True)
class Target:
    """A target and the measured value."""

    name: str
    wanted: str
    value: str
    met: bool


def targets(figures: Figures, floor_images: float | None) -> list[Target]:
    """Return the targets for which the run has figures."""
    listed = [*_beside_peers(figures), *_beside_limits(figures, floor_images), *_overload(figures)]
    return [target for target in listed if "nan" not in target.value]


def best_peer(figures: Figures, figure: str, *, least: bool = False) -> float:
    """Return the highest value of a figure among the peers, or the lowest; NaN if there is none."""
    found = [value for peer in PEERS if not math.isnan(value := figures.get(peer, figure))]
    return (min(found) if least else max(found)) if found else math.nan


def fastest_peer(figures: Figures) -> str:
    """Return the name of the peer with the most requests/s; empty if none was measured."""
    rates = {peer: figures.get(peer, f"rate {MAIN_CLIENTS}") for peer in PEERS}
    known = {peer: rate for peer, rate in rates.items() if not math.isnan(rate)}
    return max(known, key=known.__getitem__, default="")


def _beside_peers(figures: Figures) -> list[Target]:
    def over_best(figure: str, *, least: bool = False) -> float:
        return ratio(figures.get(GATEWAY, figure), best_peer(figures, figure, least=least))

    rates = [
        _at_least(
            f"{clients} client{'s' * (clients > 1)}: requests/s over the best peer's",
            over_best(f"rate {clients}"),
            wanted,
        )
        for clients, wanted in RATES.items()
    ]
    memory = ratio(figures.get(GATEWAY, MEMORY), figures.get(fastest_peer(figures), MEMORY))
    return [
        *rates,
        _at_least("64 images per request: images/s over the best peer's", over_best(f"rate {MANY}"), IMAGES),
        _at_most(f"{MAIN_CLIENTS} clients: p99 over the lowest of a peer", over_best(TAIL, least=True), 1),
        _at_most("1 client: p50 over LitServe's without batching", _over_unbatched(figures), 1),
        _at_most("proportional MiB over the fastest peer's", memory, 0.5),
        _at_most("s to the first answer over the shortest of a peer", over_best(START, least=True), 1),
    ]


def _over_unbatched(figures: Figures) -> float:
    return ratio(figures.get(GATEWAY, "p50 1"), figures.get(UNBATCHED, "p50 1"))


def _beside_limits(figures: Figures, floor_images: float | None) -> list[Target]:
    main = f"rate {MAIN_CLIENTS}"
    over_empty = ratio(figures.get(GATEWAY, main), figures.get(FLOOR, main))
    images = ratio(figures.get(GATEWAY, f"rate {MANY}"), floor_images or 0.0)
    return [
        _at_least(f"{MAIN_CLIENTS} clients: requests/s over the empty route's", over_empty, 0.4),
        _at_least("64 images per request: images/s over the floor's on all cores", images, 0.6),
        _at_most(
            "model server, 1 client: p50 over a direct gRPC call's, ms added",
            figures.get(EMBEDDED, "added p50"),
            1,
        ),
        _at_most(
            "model server, 1 client: p99 over a direct gRPC call's, ms added",
            figures.get(EMBEDDED, "added p99"),
            5,
        ),
    ]


def _overload(figures: Figures) -> list[Target]:
    def ours(figure: str) -> float:
        return figures.get(GATEWAY, f"overload {figure}")

    return [
        _at_least(
            "over capacity: answered over the peak's requests/s", ratio(ours("answered"), ours("peak")), 0.95
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
