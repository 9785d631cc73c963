"""What travels beside the graph in ``assets.extra/``: warm-up requests and the card as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.contract import INPUT_IMAGES, SIGNATURE_DESCRIBE, SIGNATURE_PREDICT, Card
from serving.store.layout import CARD_FILE, EXTRA_FOLDER

WARM_UP_FILE = "tf_serving_warmup_requests"

WARM_UP_BATCHES = (1, 32)
"""One picture and a batch: where the server batches, none may be larger than its largest batch."""


def write(card: Card, name: str, images: NDArray[np.float32], folder: Path) -> None:
    """Write both files.

    Args:
        card: of the version.
        name: the model is published under.
        images: float32 ``[N, 28, 28, 1]`` to warm up with, repeated as often as a batch needs.
        folder: of the SavedModel.
    """
    extra = folder / EXTRA_FOLDER
    extra.mkdir(exist_ok=True)
    (extra / CARD_FILE).write_text(card.to_json() + "\n")
    with tf.io.TFRecordWriter(str(extra / WARM_UP_FILE)) as writer:
        for signature in (SIGNATURE_PREDICT, SIGNATURE_DESCRIBE):
            for size in WARM_UP_BATCHES:
                writer.write(_record(name, signature, np.resize(images, (size, *images.shape[1:]))))


def _record(name: str, signature: str, images: NDArray[np.float32]) -> bytes:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    request.inputs[INPUT_IMAGES].CopyFrom(tf.make_tensor_proto(images))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return bytes(log.SerializeToString())
