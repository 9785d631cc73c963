"""Measure time and memory of a gateway worker for a photograph of 12 megapixels.

    python -m benchmarks.hard.photograph --models-dir models

Starts the model server and a gateway with one worker, warms up with small pictures, then sends photographs
one after another. Time is wall time at the client. Memory is the increase of the worker's peak. At the end it
sends a PNG and a JPEG whose headers show that they are too large, and measures how fast they are refused.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from benchmarks import machine, stack
from benchmarks.arguments import described
from serving.images.plain_png import to_png
from training import datasets
from training import hard_pictures as pictures

_TOO_LARGE = (12_000, 9_000)


def main() -> None:
    """Measure and print."""
    parser = described("benchmarks.hard.photograph", __doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--photographs", type=int, default=20)
    args = parser.parse_args()
    test = datasets.load("mnist").test
    rng = np.random.default_rng(0)
    made = [pictures.photograph(digit, rng) for digit in test.images[: args.photographs]]
    labels = [str(label) for label in test.labels[: args.photographs]]
    print(machine.describe("pillow", "numpy", "opencv-python-headless"))
    print("\n| what | value |\n| --- | --- |")
    with running(args.models_dir) as (url, worker), httpx.Client(base_url=url, timeout=30.0) as client:
        for digit in test.images[:200]:
            ask(client, to_png(digit))
        before = machine.peak_mebibytes(worker)
        measure(client, made, labels)
        print(f"| the worker's peak above before | {machine.peak_mebibytes(worker) - before:.0f} MiB |")
        for kind in ("PNG", "JPEG"):
            took, reply = ask(client, too_large(kind))
            what = f"{kind} of {_TOO_LARGE[0]} x {_TOO_LARGE[1]}: {reply.status_code} after"
            print(f"| {what} | {1000 * took:.0f} ms |")
        print(
            f"| the peak above before, after those two | {machine.peak_mebibytes(worker) - before:.0f} MiB |"
        )


def measure(client: httpx.Client, made: Sequence[bytes], labels: Sequence[str]) -> None:
    """Send the photographs one after another; print the times and the number of right answers."""
    answers = [ask(client, each) for each in made]
    seconds = sorted(took for took, _ in answers)
    said = [reply.json()["predictions"][0]["label"] for _, reply in answers]
    size = statistics.mean(map(len, made)) / 1e6
    print(f"| 12-megapixel JPEG ({size:.1f} MB): median | {1000 * statistics.median(seconds):.0f} ms |")
    print(f"| slowest of {len(made)} | {1000 * seconds[-1]:.0f} ms |")
    right = sum(label == wanted for label, wanted in zip(said, labels, strict=True))
    print(f"| right | {right} of {len(made)} |")


def ask(client: httpx.Client, image: bytes) -> tuple[float, httpx.Response]:
    """Classify a picture; returns wall seconds and the reply."""
    start = time.perf_counter()
    reply = client.post("/v1/models/mnist:classify", content=image, headers={"Content-Type": "image/*"})
    return time.perf_counter() - start, reply


def too_large(kind: str) -> bytes:
    """Encode a grey picture of 108 megapixels, which takes few bytes."""
    buffer = io.BytesIO()
    Image.new("L", _TOO_LARGE, 128).save(buffer, kind)
    return buffer.getvalue()


@contextmanager
def running(models_dir: Path) -> Iterator[tuple[str, int]]:
    """Run the model server and a gateway with one worker; yields its URL and the worker's process id."""
    with (
        stack.model_server(models_dir) as server,
        stack.gateway(server, {"GATEWAY_WORKERS": "1"}) as (url, pid),
    ):
        stack.wait_for(f"{url}/readyz")
        yield url, list(machine.family(pid))[1]


if __name__ == "__main__":
    main()
