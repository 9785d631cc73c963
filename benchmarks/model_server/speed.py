"""Measure the speed of the embedded model server.

    python -m benchmarks.model_server.speed --models-dir models

Prints the time until two models are ready, the median of a Predict call with one image beside TensorFlow's
own call from Python, and the throughput of 32 clients with and without batching.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from benchmarks.arguments import described
from benchmarks.serving.pictures import newest
from serving.store import configuration
from tests.integration.model_server_process import ModelServer

_BATCHING = (  # at least the size of the largest warm-up request, or the models do not load
    "max_batch_size { value: 128 }\nbatch_timeout_micros { value: 0 }\n"
    "num_batch_threads { value: 2 }\nmax_enqueued_batches { value: 64 }\n"
)
_PREDICT = "/tensorflow.serving.PredictionService/Predict"


def main() -> None:
    """Run all measurements and print them."""
    parser = described("benchmarks.model_server.speed", __doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--model", default="mnist")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        config, batching = folder / "models.config", folder / "batching.config"
        configuration.write(configuration.read(config, arguments.models_dir.resolve()), config)
        batching.write_text(_BATCHING)
        plain = [f"--model_config_file={config}"]
        batched = [*plain, "--enable_batching", f"--batching_parameters_file={batching}"]
        start = time.perf_counter()
        with ModelServer(plain, folder / "plain") as one, ModelServer(batched, folder / "batched") as two:
            one.wait_ready(120)
            beside = time.perf_counter() - start
            print(f"two models ready, with another server starting beside it: {beside:.1f} s")
            two.wait_ready(120)
            body = request_body(arguments.model)
            compare_one_call(one, arguments.models_dir / arguments.model, body)
            compare_many(one, two, body, arguments.clients, arguments.seconds)
        start = time.perf_counter()
        with ModelServer(plain, folder / "alone") as alone:
            alone.wait_ready(120)
            print(f"two models ready: {time.perf_counter() - start:.1f} s")


def request_body(model: str) -> bytes:
    """Serialize a Predict request with one image."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    request.inputs["images"].CopyFrom(tf.make_tensor_proto(image))
    return request.SerializeToString()


def compare_one_call(server: ModelServer, model: Path, body: bytes) -> None:
    """Print the medians for one image through the server and through TensorFlow in this process, in turns."""
    loaded = tf.saved_model.load(str(newest(model)))
    signature = loaded.signatures["serving_default"]
    request = predict_pb2.PredictRequest.FromString(body)
    image = tf.make_ndarray(request.inputs["images"])
    call: Any = server.channel.unary_unary(_PREDICT)
    served: list[float] = []
    direct: list[float] = []
    for _ in range(20):
        served += timed(lambda: call(body), 50)
        direct += timed(lambda: signature(images=tf.constant(image))["probabilities"].numpy(), 50)
    through, itself = statistics.median(served) * 1e3, statistics.median(direct) * 1e3
    print(f"one Predict, one client, p50: {through:.2f} ms", end="; ")
    print(f"TensorFlow itself: {itself:.2f} ms; {through / itself:.2f} x")


def timed(action: Callable[[], object], times: int) -> list[float]:
    """Measure the seconds of each of ``times`` calls."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return taken


def compare_many(plain: ModelServer, batched: ModelServer, body: bytes, clients: int, seconds: float) -> None:
    """Print the throughput of many clients without and with batching, measured twice, in turns."""
    rates: dict[str, list[float]] = {"plain": [], "batched": []}
    for _ in range(2):
        for name, server in (("plain", plain), ("batched", batched)):
            rates[name].append(load(server.port, body, clients, seconds))
    without, with_it = max(rates["plain"]), max(rates["batched"])
    print(f"{clients} clients: {without:.0f}/s without batching", end="; ")
    print(f"{with_it:.0f}/s with it; {with_it / without:.2f} x")


def load(port: int, body: bytes, clients: int, seconds: float) -> float:
    """Return the requests per second that some clients in a separate process get answered."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_load, (port, body, clients, seconds))


def _load(port: int, body: bytes, clients: int, seconds: float) -> float:
    async def run() -> int:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call: Any = channel.unary_unary(_PREDICT)
            await call(body)
            end = time.perf_counter() + seconds

            async def client() -> int:
                count = 0
                while time.perf_counter() < end:
                    await call(body)
                    count += 1
                return count

            return sum(await asyncio.gather(*(client() for _ in range(clients))))

    return asyncio.run(run()) / seconds


if __name__ == "__main__":
    main()
