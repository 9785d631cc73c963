"""How strange an input is: ``ood_score``, computed in the served graph, and the thresholds of doubt.

The score is the Mahalanobis distance to the nearest class (Lee et al. 2018, "A simple unified framework for
detecting out-of-distribution samples"): the activations of every block, pooled over the picture, are taken
for normally distributed around the mean of their class with one covariance for all classes. The covariance
is shrunk (Ledoit and Wolf 2004), since many activations are nearly constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import Thresholds

UNCERTAIN_QUANTILE = 0.01
STRANGE_QUANTILE = 0.995
_FLOOR = 1e-6
_SHRINKAGE = 1e-3


@dataclass(frozen=True)
class Density:
    """Where the activations of known pictures lie.

    Attributes:
        mean: float32 ``[D]``, of all pictures.
        whiten: float32 ``[D, D]``; after it the classes are round and of size 1.
        centres: float32 ``[K, D]``, whitened means of the classes.
    """

    mean: NDArray[np.float32]
    whiten: NDArray[np.float32]
    centres: NDArray[np.float32]

    def score(self, features: tf.Tensor) -> tf.Tensor:
        """Graph code: features float32 ``[N, D]`` -> mean squared distance to the nearest class ``[N]``."""
        white = tf.matmul(features - self.mean, self.whiten)
        distances = (
            tf.reduce_sum(tf.square(white), axis=1, keepdims=True)
            - 2.0 * tf.matmul(white, self.centres, transpose_b=True)
            + tf.reduce_sum(tf.square(self.centres), axis=1)
        )
        return tf.reduce_min(tf.nn.relu(distances), axis=1) / float(len(self.mean))


def instrumented(model: keras.Sequential) -> keras.Model:
    """The same model with two outputs: logits ``[N, K]`` and the features of every block ``[N, D]``."""
    (logits,) = model.outputs
    features = [_pooled(layer.output) for layer in model.layers[:-1] if _is_tap(layer)]
    joined = keras.layers.Concatenate()([*features, logits]) if features else logits
    return keras.Model(model.inputs, [logits, joined])


def fit(features: NDArray[np.float32], labels: NDArray[np.uint8], classes: int) -> Density:
    """The density of training pictures: features ``[N, D]``, labels ``[N]``."""
    features64 = features.astype(np.float64)
    mean = features64.mean(axis=0)
    means = np.stack([features64[labels == k].mean(axis=0) for k in range(classes)])
    centred = features64 - means[labels]
    scale = np.maximum(centred.std(axis=0), _FLOOR)
    correlation = (centred / scale).T @ (centred / scale) / len(centred)
    correlation = (1 - _SHRINKAGE) * correlation + _SHRINKAGE * np.eye(len(scale))
    values, vectors = np.linalg.eigh(correlation)
    whiten = (vectors / np.sqrt(np.maximum(values, _FLOOR))) / scale[:, None]
    return Density(
        mean.astype(np.float32), whiten.astype(np.float32), ((means - mean) @ whiten).astype(np.float32)
    )


def thresholds(probabilities: NDArray[np.float32], scores: NDArray[np.float32]) -> Thresholds:
    """Where doubt begins, by validation data: 1 % of it is uncertain, 0.5 % out of distribution."""
    top = probabilities.max(axis=1)
    return Thresholds(
        uncertain_below=float(np.quantile(top, UNCERTAIN_QUANTILE)),
        ood_above=float(np.quantile(scores, STRANGE_QUANTILE)),
    )


def _is_tap(layer: keras.layers.Layer) -> bool:
    return layer.name.rsplit("_", 1)[0] in ("block", "hidden") or layer.name == "pooled"


def _pooled(tensor: keras.KerasTensor) -> keras.KerasTensor:
    if len(tensor.shape) != 4:
        return tensor
    mean = keras.layers.GlobalAveragePooling2D()(tensor)
    return keras.layers.Concatenate()([mean, keras.layers.GlobalMaxPooling2D()(tensor)])
