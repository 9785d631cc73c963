"""Tiny SavedModels for tests of the model server, written in a fraction of a second each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

IMAGES = tf.TensorSpec([None, 28, 28, 1], tf.float32, "images")


def write_adder(folder: Path, offset: float, *, weights: int = 1) -> Path:
    """Write ``y = x + offset``, with as many further weights as asked for, to fill memory."""
    module = tf.Module()
    module.offset = tf.Variable(offset, dtype=tf.float32)
    module.ballast = tf.Variable(tf.zeros([weights]))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def add(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x + module.offset + 0.0 * module.ballast[0]}

    module.add = add
    return _save(module, folder, {"serving_default": add})


def write_convolution(folder: Path) -> Path:
    """Write a convolution without a check of its input's shape: a wrong rank would end TensorFlow Serving."""
    module = tf.Module()
    kernel = tf.constant(np.full((3, 3, 1, 2), 0.1, np.float32))

    @tf.function(input_signature=[IMAGES])
    def classify(images: tf.Tensor) -> dict[str, tf.Tensor]:
        hidden = tf.nn.max_pool2d(tf.nn.conv2d(images, kernel, 1, "SAME"), 2, 2, "VALID")
        return {"probabilities": tf.nn.softmax(tf.reduce_mean(hidden, [1, 2]))}

    module.classify = classify
    return _save(module, folder, {"serving_default": classify})


def write_slow(folder: Path) -> Path:
    """Write a loop that counts up to its input."""
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([1], tf.int32, "steps")])
    def count(steps: tf.Tensor) -> dict[str, tf.Tensor]:
        done = tf.while_loop(lambda i: i < steps[0], lambda i: [i + 1], [0])
        return {"done": tf.reshape(done, [1])}

    module.count = count
    return _save(module, folder, {"serving_default": count})


def add_warm_up(version: Path, request: predict_pb2.PredictRequest) -> None:
    """Give a version a warm-up request."""
    file = version / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir(exist_ok=True)
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(log.SerializeToString())


def predict_request(model: str, **inputs: object) -> predict_pb2.PredictRequest:
    """A Predict request with these inputs."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def _save(module: tf.Module, folder: Path, signatures: dict[str, object]) -> Path:
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return folder
