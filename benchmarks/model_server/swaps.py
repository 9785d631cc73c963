"""Swap versions every second under load, and count failed and wrong answers and memory.

python -m benchmarks.model_server.swaps --seconds 60 --clients 16
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np

from benchmarks import machine
from benchmarks.arguments import described
from tests.integration.model_server_models import predict_request, write_adder
from tests.integration.model_server_process import ModelServer

_WEIGHTS = 1_000_000


def main() -> None:
    """Run the benchmark and print the figures."""
    parser = described("benchmarks.model_server.swaps", __doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        run(Path(made), arguments.seconds, arguments.clients)


def run(folder: Path, seconds: float, clients: int) -> None:
    """Publish a version per second under load, and check every answer.

    A version with an odd number adds 1, one with an even number adds 2.
    """
    versions = [write_adder(folder / str(offset), offset, weights=_WEIGHTS) for offset in (2.0, 1.0)]
    publish(versions[1], folder / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={folder}/m", "--enable_batching"]
    stop = threading.Event()
    with ModelServer(flags, folder / "log") as server:
        server.wait_ready(120)
        memory = [machine.resident_mebibytes(server.process.pid)]
        with ThreadPoolExecutor(clients) as pool:
            tallies = [pool.submit(ask, server, stop) for _ in range(clients)]
            number, end = 1, time.monotonic() + seconds
            while time.monotonic() < end:
                number += 1
                publish(versions[number % 2], folder / "m" / str(number))
                server.wait_for_state("m", number, "AVAILABLE")
                server.wait_for_state("m", number - 1, "END")
                memory.append(machine.resident_mebibytes(server.process.pid))
                if number > 3:
                    shutil.rmtree(folder / "m" / str(number - 2))
            stop.set()
            counts = [tally.result() for tally in tallies]
    answers, failed, wrong = (sum(column) for column in zip(*counts, strict=True))
    print(f"{number - 1} swaps in {seconds:.0f} s, {clients} clients", end=": ")
    print(f"{answers} answers, {failed} failed, {wrong} wrong")
    after = {swap: memory[min(swap, len(memory) - 1)] for swap in (0, 10, 20, 40, len(memory) - 1)}
    print("resident MiB after swap", ", ".join(f"{swap}: {size:.0f}" for swap, size in after.items()))


def publish(version: Path, target: Path) -> None:
    """Publish a copy of a version, atomically."""
    target.parent.mkdir(exist_ok=True)
    aside = target.with_name(f".{target.name}")
    shutil.copytree(version, aside)
    aside.rename(target)


def ask(server: ModelServer, stop: threading.Event) -> tuple[int, int, int]:
    """Send requests until ``stop`` is set; returns the numbers of answers, failures and wrong answers."""
    answers = failed = wrong = 0
    request = predict_request("m", x=np.zeros(1, np.float32))
    while not stop.is_set():
        try:
            response = server.predict(request)
        except grpc.RpcError:
            failed += 1
            continue
        answers += 1
        expected = 1.0 if response.model_spec.version.value % 2 else 2.0
        wrong += response.outputs["y"].float_val[0] != expected
    return answers, failed, wrong


if __name__ == "__main__":
    main()
