"""``python -m benchmarks.client --url URL``: measure the client beside wrk, in turns."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.arguments import described
from benchmarks.client import measure
from benchmarks.client.measure import Asked, Cost
from benchmarks.client.pictures import write_pictures
from benchmarks.machine import describe

IDX = Path(__file__).resolve().parents[3] / "shared/datasets/mnist/train-images-idx3-ubyte.gz"


def main() -> int:
    """Measure and print; returns exit status 1 if a target is missed."""
    given = _arguments()
    asked = Asked(given.url.rstrip("/"), given.model, given.batch_size, given.concurrency)
    wrk = shutil.which(given.wrk)
    print(describe("httpx"))
    print(f"{given.files:,} PNG files, batches of {asked.batch_size}, {asked.concurrency} requests at once\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_pictures(Path(scratch) / "pictures", given.files, given.idx)
        starts = [_start(folder / "0000000.png") for _ in range(4 * given.rounds)]
        ours, theirs = [], []
        for _ in range(given.rounds):
            # In turns, so that a busy moment of the machine affects both.
            ours.append(_told("mnist-classify", measure.run_command(asked, folder)))
            if wrk:
                theirs.append(_told("wrk", measure.run_wrk(asked, folder, given.seconds, wrk)))
    return _verdict(ours, theirs, starts)


def _arguments() -> argparse.Namespace:
    parser = described("benchmarks.client", __doc__)
    parser.add_argument("--url", required=True, help="URL of a running gateway, on an otherwise idle machine")
    parser.add_argument("--model", default="mnist")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--idx", type=Path, default=IDX, help="MNIST's training images, gzipped IDX")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="seconds per round of wrk")
    parser.add_argument("--wrk", default="wrk", help="path of wrk, if it is not on PATH")
    return parser.parse_args()


def _start(picture: Path) -> tuple[float, float]:
    return measure.first_byte_seconds(picture), measure.bare_python_seconds()


def _told(name: str, cost: Cost) -> Cost:
    each = cost.cpu_seconds / cost.images * 1e6
    print(
        f"{name:<15} {cost.rate:8,.0f} images/s  {cost.cpu_seconds:6.2f} CPU s  {each:6.1f} us CPU/image"
        f"  {cost.peak_mebibytes:5.0f} MiB"
    )
    return cost


def _verdict(ours: list[Cost], theirs: list[Cost], starts: list[tuple[float, float]]) -> int:
    start, bare = (median(times) * 1000 for times in zip(*starts, strict=True))
    peak = max(cost.peak_mebibytes for cost in ours)
    best = min(took for took, _ in starts) * 1000
    print(f"\nfirst byte after {start:.0f} ms, at best {best:.0f} ms; target 250 ms")
    print(f"(an empty Python program at the same time: {bare:.0f} ms; about 10 on a machine that is idle)")
    print(f"peak memory {peak:.0f} MiB; target below 100 MiB")
    met = start < 250 and peak < 100
    if not theirs:
        print("wrk is not on PATH, so its figure and the ratio are missing (--wrk PATH)", file=sys.stderr)
        return 1
    ratio = median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))
    print(f"images/s of the client over wrk's, median of {len(ours)} pairs: {ratio:.2f}; target 0.50")
    return 0 if met and ratio >= 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
