"""Measure start-up time and memory of the gateway and of the embedded model server.

    python -m benchmarks.footprint --models-dir models

Starts both several times on free ports and prints the medians: seconds from the start of the process to its
first good answer, and resident memory of each process after 200 answered pictures.
"""

from __future__ import annotations

import io
import statistics
import time
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import machine, stack
from benchmarks.arguments import described
from benchmarks.stack import wait_for

PICTURES = 200


def main() -> None:
    """Measure and print."""
    parser = described("benchmarks.footprint", __doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rounds = [measure(args.models_dir) for _ in range(args.rounds)]
    print(machine.describe("tensorflow", "flask", "gunicorn", "grpcio"), "\n")
    print(f"| median of {args.rounds} | value |\n| --- | --- |")
    for name in rounds[0]:
        print(f"| {name} | {statistics.median(one[name] for one in rounds):.2f} |")


def measure(models_dir: Path) -> dict[str, float]:
    """Start both once, classify the pictures, and return the figures by name."""
    begin = time.monotonic()
    with stack.model_server(models_dir) as server:
        for name in server.names:
            wait_for(f"http://127.0.0.1:{server.rest}/v1/models/{name}/metadata")
        ready = time.monotonic() - begin
        figures = measure_gateway(server)
        memory = sum(machine.resident_mebibytes(pid) for pid in machine.family(server.pid))
        return {
            f"model server, {len(server.names)} models: seconds to ready": ready,
            "model server: MiB": memory,
            **figures,
        }


def measure_gateway(server: stack.ModelServer) -> dict[str, float]:
    """Start the gateway in front of a running model server, and return the figures by name."""
    begin = time.monotonic()
    with stack.gateway(server) as (url, pid):
        wait_for(f"{url}/healthz")
        alive = time.monotonic() - begin
        wait_for(f"{url}/readyz")
        ready = time.monotonic() - begin
        classify(f"{url}/classify")
        workers = [machine.resident_mebibytes(each) for each in machine.family(pid)][1:]
        return {
            "gateway: seconds to the first answer of /healthz": alive,
            "gateway: seconds to ready": ready,
            "gateway worker: MiB (the largest)": max(workers),
        }


def classify(url: str) -> None:
    """Send the pictures one after another.

    Raises:
        urllib.error.HTTPError: if an answer is not 200.
    """
    buffer = io.BytesIO()
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 12:16] = 255
    Image.fromarray(pixels).save(buffer, "PNG")
    for _ in range(PICTURES):
        request = urllib.request.Request(url, buffer.getvalue(), {"Content-Type": "image/png"})
        urllib.request.urlopen(request, timeout=10).read()


if __name__ == "__main__":
    main()
