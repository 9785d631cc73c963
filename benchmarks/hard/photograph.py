"""Time and memory of a gateway worker for one photograph of 12 megapixels.

    python -m benchmarks.hard.photograph --models-dir models

Starts model server and gateway (one worker), warms up with small pictures, then sends photographs one after
another. Time is wall time at the client; memory is how much the worker's peak rose above the peak before.
Last it sends what its header shows to be too large, as PNG and JPEG, and prints how fast it is refused.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from benchmarks import machine
from benchmarks.footprint import wait_for
from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.processes import Child, free_port
from serving.store import configuration
from training import datasets
from training import hard_pictures as pictures

_TOO_LARGE = (12_000, 9_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
            ask(client, pictures.png(digit))
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
    """Send the photographs one after another; print times and how many were right."""
    answers = [ask(client, each) for each in made]
    seconds = sorted(took for took, _ in answers)
    said = [reply.json()["predictions"][0]["label"] for _, reply in answers]
    size = statistics.mean(map(len, made)) / 1e6
    print(f"| 12-megapixel JPEG ({size:.1f} MB): median | {1000 * statistics.median(seconds):.0f} ms |")
    print(f"| slowest of {len(made)} | {1000 * seconds[-1]:.0f} ms |")
    right = sum(label == wanted for label, wanted in zip(said, labels, strict=True))
    print(f"| right | {right} of {len(made)} |")


def ask(client: httpx.Client, image: bytes) -> tuple[float, httpx.Response]:
    """Wall seconds and the reply."""
    start = time.perf_counter()
    reply = client.post("/v1/models/mnist:classify", content=image, headers={"Content-Type": "image/*"})
    return time.perf_counter() - start, reply


def too_large(kind: str) -> bytes:
    """A grey picture of 108 megapixels in few bytes."""
    buffer = io.BytesIO()
    Image.new("L", _TOO_LARGE, 128).save(buffer, kind)
    return buffer.getvalue()


@contextmanager
def running(models_dir: Path) -> Iterator[tuple[str, int]]:
    """Model server and a gateway of one worker; gives its URL and the worker's process id."""
    names, grpc, port = servables.model_names(models_dir), free_port(), free_port()
    address, rest = f"127.0.0.1:{grpc}", free_port()
    options = StackOptions(models_dir, "127.0.0.1", port, address, None, False, 60.0)
    environ = commands.gateway_environment(os.environ, options, model_server=address, names=names, notice="")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "models.config"
        configuration.write(configuration.read(config, models_dir.resolve()), config)
        command = commands.model_server_command(None, config=config, grpc_port=grpc, rest_port=rest)
        server = Child("model server", command, os.environ)
        gateway = Child("gateway", commands.gateway_command(), {**environ, "GATEWAY_WORKERS": "1"})
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}", list(machine.family(gateway.pid))[1]
        finally:
            gateway.stop(grace=10.0)
            server.stop(grace=10.0)


if __name__ == "__main__":
    main()
