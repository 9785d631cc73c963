"""The time of each part of the work, measured alone in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.serving.pictures import Picture, Pictures
from serving.contract import RECIPE_INK, normalise
from serving.images import Limits, decode, prepare

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
_LIMITS = Limits()
_REPEATS = 7

Call = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def seconds_each(action: Callable[[], object], seconds: float) -> float:
    """Measure the seconds of one call: the median over several blocks of equal duration.

    Args:
        action: the call to measure.
        seconds: duration of all blocks together.
    """
    action()
    blocks = []
    for _ in range(_REPEATS):
        count, begin = 0, time.perf_counter()
        while (now := time.perf_counter()) - begin < seconds / _REPEATS:
            action()
            count += 1
        blocks.append((now - begin) / max(count, 1))
    return median(blocks)


def limit_threads() -> None:
    """Limit TensorFlow to one thread per operation, as in the servers; call this before any operation."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def load_model(saved_model: Path) -> Call:
    """Load a SavedModel; returns a function from pictures ``[N, 28, 28, 1]`` to probabilities ``[N, K]``."""
    import tensorflow as tf

    loaded: Any = tf.saved_model.load(str(saved_model))
    signature = loaded.signatures["serving_default"]
    keep = [loaded]  # the signature holds its variables only weakly

    def call(images: NDArray[np.float32]) -> NDArray[np.float32]:
        assert keep
        found: NDArray[np.float32] = signature(images=tf.constant(images))["probabilities"].numpy()
        return found

    return call


def image_parts(pictures: Pictures, seconds: float) -> dict[str, float]:
    """Measure decoding and preparing of a small PNG and a 2-megapixel JPEG, in seconds per picture."""
    figures = {}
    for name, some in (("28x28 PNG", pictures.small), ("2-megapixel JPEG", pictures.large)):
        decoded = [decode(each.data, _LIMITS) for each in some]
        turn = _Turns(len(some))
        figures[f"decode, {name}"] = seconds_each(
            lambda some=some, turn=turn: decode(some[turn()].data, _LIMITS),  # type: ignore[misc]
            seconds,
        )
        figures[f"prepare, {name}"] = seconds_each(
            lambda decoded=decoded, turn=turn: prepare(decoded[turn()], RECIPE_INK),  # type: ignore[misc]
            seconds,
        )
    return figures


def json_part(call: Call, seconds: float) -> float:
    """Measure the seconds to write the answer for one picture as JSON."""
    probabilities = call(np.zeros((1, 28, 28, 1), np.float32))[0]
    best = {"label": "7", "class_id": 7, "probability": probabilities[0]}
    answer = {
        "model": {"name": "mnist", "version": 1},
        "predictions": [{"name": None, "status": "ok", **best, "top": [best, best, best]}],
    }
    return seconds_each(lambda: orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), seconds)


def model_parts(call: Call, seconds: float) -> dict[int, float]:
    """Measure the seconds of the TensorFlow call, by batch size."""
    random = np.random.default_rng(0)
    batches = {size: random.random((size, 28, 28, 1), np.float32) for size in BATCHES}
    return {size: seconds_each(lambda b=batch: call(b), seconds) for size, batch in batches.items()}  # type: ignore[misc]


def whole_request(call: Call, pictures: list[Picture]) -> bytes:
    """Do only what a request with some pictures needs, and return the JSON."""
    prepared = [prepare(decode(each.data, _LIMITS), RECIPE_INK) for each in pictures]
    probabilities = call(normalise(np.stack([each.pixels for each in prepared])))
    best = probabilities.argmax(axis=1)
    return orjson.dumps(
        [
            {"class_id": int(index), "probability": float(row[index])}
            for index, row in zip(best, probabilities, strict=True)
        ]
    )


class _Turns:
    """Counts 0, 1, ... up to a limit, over and over."""

    def __init__(self, count: int) -> None:
        self._count, self._next = count, 0

    def __call__(self) -> int:
        self._next = (self._next + 1) % self._count
        return self._next
