"""Start-up time and memory of the gateway and of the embedded model server.

    python -m benchmarks.footprint --models-dir models

Starts both several times on free ports and prints a table: seconds from the start of the process to its
first good answer (the median), and the resident memory of each process after 200 answered pictures.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import machine
from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.processes import Child, free_port
from serving.store import configuration

PICTURES = 200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Start-up time and memory of gateway and model server.")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rounds = [measure(args.models_dir) for _ in range(args.rounds)]
    print(machine.describe("tensorflow", "flask", "gunicorn", "grpcio"), "\n")
    print(f"| median of {args.rounds} | value |\n| --- | --- |")
    for name in rounds[0]:
        print(f"| {name} | {statistics.median(one[name] for one in rounds):.2f} |")


def measure(models_dir: Path) -> dict[str, float]:
    """One start of both, 200 pictures, and what they used."""
    names = servables.model_names(models_dir)
    grpc, rest, port = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "models.config"
        configuration.write(configuration.read(config, models_dir.resolve()), config)
        command = commands.model_server_command(None, config=config, grpc_port=grpc, rest_port=rest)
        begin = time.monotonic()
        server = Child("model server", command, os.environ)
        try:
            for name in names:
                wait_for(f"http://127.0.0.1:{rest}/v1/models/{name}/metadata")
            server_seconds = time.monotonic() - begin
            figures = measure_gateway(models_dir, names, grpc, port)
            memory = sum(machine.resident_mebibytes(pid) for pid in machine.family(server.pid))
            return {
                f"model server, {len(names)} models: seconds to ready": server_seconds,
                "model server: MiB": memory,
                **figures,
            }
        finally:
            server.stop(grace=10.0)


def measure_gateway(models_dir: Path, names: list[str], grpc: int, port: int) -> dict[str, float]:
    """Start the gateway in front of a running model server."""
    options = StackOptions(models_dir, "127.0.0.1", port, f"127.0.0.1:{grpc}", None, False, 60.0)
    address = f"127.0.0.1:{grpc}"
    environ = commands.gateway_environment(os.environ, options, model_server=address, names=names, notice="")
    begin = time.monotonic()
    gateway = Child("gateway", commands.gateway_command(), environ)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        alive = time.monotonic() - begin
        wait_for(f"http://127.0.0.1:{port}/readyz")
        ready = time.monotonic() - begin
        classify(f"http://127.0.0.1:{port}/classify")
        workers = [machine.resident_mebibytes(pid) for pid in machine.family(gateway.pid)][1:]
        return {
            "gateway: seconds to the first answer of /healthz": alive,
            "gateway: seconds to ready": ready,
            "gateway worker: MiB (the largest)": max(workers),
        }
    finally:
        gateway.stop(grace=10.0)


def classify(url: str) -> None:
    """Send pictures one after another; any answer but 200 ends the benchmark."""
    buffer = io.BytesIO()
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 12:16] = 255
    Image.fromarray(pixels).save(buffer, "PNG")
    for _ in range(PICTURES):
        request = urllib.request.Request(url, buffer.getvalue(), {"Content-Type": "image/png"})
        urllib.request.urlopen(request, timeout=10).read()


def wait_for(url: str, seconds: float = 60.0) -> None:
    """Return at the first 200; raise when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise TimeoutError(f"no good answer from {url} in {seconds} s")


if __name__ == "__main__":
    main()
