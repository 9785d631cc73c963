"""The latency that the gateway adds to a direct gRPC call of the model server, for one client."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import grpc
import numpy as np

from benchmarks.serving.pictures import Pictures
from benchmarks.serving.running import Running
from benchmarks.serving.scenarios import scenarios
from benchmarks.serving.wrk import Load, drive, percentile
from serving.contract import INPUT_IMAGES, SIGNATURE_PREDICT
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import to_proto

PREDICT = "/tensorflow.serving.PredictionService/Predict"
TURNS = 4


def measure(target: Running, model: str, pictures: Pictures, seconds: float) -> dict[str, float]:
    """Measure both in turns; returns latencies in milliseconds by name."""
    kind, bodies = scenarios(pictures, (1,))[0].bodies(target.system.form)
    target.settle()
    through: Counter[int] = Counter()
    direct: list[float] = []
    with grpc.insecure_channel(target.model_server()) as channel:
        call: Any = channel.unary_unary(PREDICT)
        request = _request(model)
        for _ in range(TURNS):
            direct += _times(call, request, seconds / 2)
            through.update(drive(target.url, Load(target.system.form, kind, bodies, 1, seconds / 2)).times)
    figures = {}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        alone = float(np.quantile(direct, share)) * 1000
        figures[f"direct {name}"] = alone
        figures[f"added {name}"] = percentile(through, share) - alone
    return figures


def _request(model: str) -> bytes:
    image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    request = pb.PredictRequest(model_spec=pb.ModelSpec(name=model, signature_name=SIGNATURE_PREDICT))
    request.inputs[INPUT_IMAGES].CopyFrom(to_proto(image))
    return request.SerializeToString()


def _times(call: Any, request: bytes, seconds: float) -> list[float]:  # noqa: ANN401 - a gRPC callable
    times = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        call(request)
        times.append(time.perf_counter() - begin)
    return times
