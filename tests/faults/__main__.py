"""Chaos for long: faults and changes in an order that chance makes, each held to what is promised.

    python -m tests.faults --minutes 15
    python -m tests.faults --minutes 5 --seed 42      the same rounds again

Prints a table at the end, also to OUT/report.md. Exit status: 0 when every round kept its promises, else 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.faults.gateway import Held, held, workers
from tests.faults.scenarios import SCENARIOS, World, settle, world

_WARM_UP_ROUNDS = 5


def main() -> int:
    """Run rounds until the time is over."""
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    chance, end = random.Random(seed), time.monotonic() + arguments.minutes * 60
    seconds: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, world(Path(folder)) as play:
        before, rounds = _held(play), 0
        while time.monotonic() < end:
            _round(play, chance, seconds, failures)
            rounds += 1
            before = _held(play) if rounds == _WARM_UP_ROUNDS else before
        after = _held(play)
    report = _table(seed, seconds, failures, before, after)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "report.md").write_text(report)
    print(report)
    return 1 if failures else 0


def _round(play: World, chance: random.Random, seconds: dict[str, list[float]], failures: list[str]) -> None:
    scenario = chance.choice(SCENARIOS)
    started = time.monotonic()
    try:
        seconds[scenario.__name__].append(scenario(play, chance))
        told = "kept"
    except AssertionError as error:
        told = f"BROKEN: {error}"
        failures.append(f"{scenario.__name__}: {error}")
        settle(play)
    print(f"{time.monotonic() - started:5.1f} s  {scenario.__name__}: {told}", file=sys.stderr, flush=True)


def _held(play: World) -> list[Held]:
    return [held(pid) for pid in workers(play.before)]


def _table(
    seed: int, seconds: dict[str, list[float]], failures: list[str], before: list[Held], after: list[Held]
) -> str:
    broken = [text.partition(":")[0] for text in failures]
    lines = [
        f"# Chaos, seed {seed}\n",
        "| round | kept | broken | longest recovery |",
        "| --- | --- | --- | --- |",
    ]
    for name in sorted({*seconds, *broken}):
        longest = max(seconds[name], default=0.0)
        took = f"{longest:.2f} s" if longest else ""
        lines.append(f"| {name.replace('_', ' ')} | {len(seconds[name])} | {broken.count(name)} | {took} |")
    lines.append("\nWorkers before the stand-in, after the first rounds and at the end:\n")
    lines += [f"- {was} then {now}" for was, now in zip(before, after, strict=False)]
    lines += [f"\nBroken: {text}" for text in failures]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, help="of the order and the details; printed when not given")
    parser.add_argument("--out", type=Path, default=Path("build/chaos"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
