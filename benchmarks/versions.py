"""What each version that has been served costs a worker of the gateway: its metrics carry the version.

    python -m benchmarks.versions --card runs/mnist/card.json --versions 100

Counts, in one process with the files that workers share, a picture of every label and status for each
version, as a worker does in which all of them occur. Prints the resident memory that came with a version and
the length and duration of a scrape.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from serving.contract import card_from_json
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import STATUSES, Classified
from serving.gateway.server import metrics_files
from serving.images import Prepared


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Memory of a worker and length of a scrape by versions.")
    parser.add_argument("--card", type=Path, required=True, help="a run's card.json")
    parser.add_argument("--versions", type=int, default=100)
    args = parser.parse_args()
    metrics_files.prepare()
    from serving.gateway.telemetry.metrics import Metrics  # reads the folder's name when imported

    card, metrics = card_from_json(args.card.read_bytes()), Metrics()
    metrics.count_answer(answer(ServedVersion("mnist", 0, card)))
    before = memory()
    for version in range(1, args.versions + 1):
        metrics.count_answer(answer(ServedVersion("mnist", version, card)))
    grown = memory() - before
    begin = time.perf_counter()
    scrape = len(metrics.render())
    seconds = time.perf_counter() - begin
    print(machine.describe("prometheus-client"), "\n")
    print(f"| {args.versions} versions | each | all |\n| --- | --- | --- |")
    print(f"| memory of a worker, KiB | {1024 * grown / args.versions:.0f} | {1024 * grown:.0f} |")
    print(f"| scrape, kB | {scrape / 1000 / args.versions:.1f} | {scrape / 1000:.0f} |")
    print(f"| scrape, ms | {1000 * seconds / args.versions:.2f} | {1000 * seconds:.0f} |")


def answer(servable: ServedVersion) -> Classification:
    """A picture of every label and status."""
    count = len(servable.card.labels)
    prepared = Prepared(np.zeros((28, 28), np.uint8), (), (), inverted=True, ink=0.1)
    probabilities = np.full(count, 1 / count, np.float32)
    pictures = [(label, status) for label in range(count) for status in STATUSES]
    return Classification(
        servable, [Classified(prepared, probabilities, [label], status) for label, status in pictures]
    )


def memory() -> float:
    """Resident memory in MiB, with nothing left to collect."""
    gc.collect()
    return machine.resident_mebibytes(os.getpid())


if __name__ == "__main__":
    main()
