"""The files in ``assets.extra/`` of a version: warm-up requests and the card."""

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
"""A single picture and a batch. No warm-up batch may be larger than the model server's largest batch."""


def write(card: Card, name: str, images: NDArray[np.float32], folder: Path) -> None:
    """Write both files.

    Args:
        card: the card of the version.
        name: name under which the model is published.
        images: float32 ``[N, 28, 28, 1]``, the warm-up pictures, repeated to fill a batch.
        folder: folder of the SavedModel.

    Raises:
        OSError: if a file cannot be written.
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
