"""Measure the cost of served versions for a gateway worker, whose metrics have a label for the version.

    python -m benchmarks.versions --card runs/mnist/card.json --versions 100

Counts a picture of every label and status for each version, in one process, with the files that workers
share. Prints the resident memory per version, and the size and duration of a scrape.
"""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import described
from serving.contract import card_from_json
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import STATUSES, Classified
from serving.gateway.server import metrics_files
from serving.images import Prepared


def main() -> None:
    """Measure and print."""
    parser = described("benchmarks.versions", __doc__)
    parser.add_argument("--card", type=Path, required=True, help="card.json of a run")
    parser.add_argument("--versions", type=int, default=100, help="number of versions (default: 100)")
    args = parser.parse_args()
    metrics_files.prepare()
    from serving.gateway.telemetry.metrics import Metrics  # reads the folder from the environment at import

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
    """Return an answer with a picture of every label and status."""
    count = len(servable.card.labels)
    prepared = Prepared(np.zeros((28, 28), np.uint8), (), (), inverted=True, ink=0.1)
    probabilities = np.full(count, 1 / count, np.float32)
    pictures = [(label, status) for label in range(count) for status in STATUSES]
    return Classification(
        servable, [Classified(prepared, probabilities, [label], status) for label, status in pictures]
    )


def memory() -> float:
    """Return the resident memory in MiB after a garbage collection."""
    gc.collect()
    return machine.resident_mebibytes(os.getpid())


if __name__ == "__main__":
    main()
