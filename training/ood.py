"""Out-of-distribution detection: ``ood_score``, computed in the served graph, and the thresholds of doubt.

A net trained with strangers (outlier exposure, Hendrycks et al. 2019) has a class for them, like the
"dustbin" of Zhang and LeCun (2017); its score is the log odds of that class. The score of any other net is
the Mahalanobis distance to the nearest class (Lee et al. 2018, "A simple unified framework for detecting
out-of-distribution samples"). It models the activations of every block, pooled over the picture, as normally
distributed around the mean of their class, with one covariance for all classes. The covariance is shrunk
(Ledoit and Wolf 2004), because many activations are nearly constant.
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
_STRANGE_UPLOADS = 0.995
_FEWEST_OK = 0.3
_FLOOR = 1e-6
_SHRINKAGE = 1e-3


@dataclass(frozen=True)
class Density:
    """The distribution of the activations of known pictures.

    Attributes:
        mean: float32 ``[D]``, mean over all pictures.
        whiten: float32 ``[D, D]``, the whitening matrix: it makes the covariance within a class the identity.
        centres: float32 ``[K, D]``, the whitened class means.
    """

    mean: NDArray[np.float32]
    whiten: NDArray[np.float32]
    centres: NDArray[np.float32]

    def score(self, features: tf.Tensor) -> tf.Tensor:
        """Compute the squared distance to the nearest class, divided by D, as graph code.

        Args:
            features: float32 ``[N, D]``.

        Returns:
            float32 ``[N]``.
        """
        white = tf.matmul(features - self.mean, self.whiten)
        distances = (
            tf.reduce_sum(tf.square(white), axis=1, keepdims=True)
            - 2.0 * tf.matmul(white, self.centres, transpose_b=True)
            + tf.reduce_sum(tf.square(self.centres), axis=1)
        )
        return tf.reduce_min(tf.nn.relu(distances), axis=1) / float(len(self.mean))


def instrumented(model: keras.Sequential) -> keras.Model:
    """Return the model with two outputs: logits ``[N, K]``, and the features of all blocks ``[N, D]``."""
    (logits,) = model.outputs
    features = [_pooled(layer.output) for layer in model.layers[:-1] if _is_tap(layer)]
    joined = keras.layers.Concatenate()([*features, logits]) if features else logits
    return keras.Model(model.inputs, [logits, joined])


def fit(features: NDArray[np.float32], labels: NDArray[np.uint8], classes: int) -> Density:
    """Fit the density of training pictures.

    Args:
        features: float32 ``[N, D]``.
        labels: ``[N]``, 0 to ``classes - 1``.
        classes: number of classes.
    """
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
    """Choose thresholds by which 1 % of validation data is uncertain and 0.5 % out of distribution.

    Args:
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[M]``.
    """
    top = probabilities.max(axis=1)
    return Thresholds(
        uncertain_below=float(np.quantile(top, UNCERTAIN_QUANTILE)),
        ood_above=float(np.quantile(scores, STRANGE_QUANTILE)),
    )


def log_odds(logits: tf.Tensor, classes: int) -> tf.Tensor:
    """Compute the log odds of the class for strangers against the known classes, as graph code.

    Args:
        logits: float32 ``[N, classes + 1]``, strangers last.
        classes: number of known classes.

    Returns:
        float32 ``[N]``.
    """
    return logits[:, classes] - tf.reduce_logsumexp(logits[:, :classes], axis=1)


def promised(
    probabilities: NDArray[np.float32],
    right: NDArray[np.bool_],
    scores: NDArray[np.float32],
    promise: float,
) -> Thresholds:
    """Choose thresholds on held-out uploads so that ``ok`` answers are as accurate as promised.

    Of the uploads answered right, 1 in 200 is out of distribution. Of the others, the least confident are
    uncertain: as few as the promise requires, but at most 70 %.

    Args:
        probabilities: float32 ``[N, K]``, answers for uploads of known classes.
        right: bool ``[N]``, whether each answer is right.
        scores: float32 ``[N]``, the uploads' ``ood_score``.
        promise: required accuracy of ``ok`` answers, 0..1.
    """
    above = float(np.quantile(scores[right] if right.any() else scores, _STRANGE_UPLOADS))
    plain = scores <= above
    order = np.argsort(-probabilities.max(axis=1)[plain])
    top = probabilities.max(axis=1)[plain][order]
    accuracy = np.cumsum(right[plain][order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(accuracy >= promise)
    last = max(int(kept[-1]) if kept.size else 0, round(_FEWEST_OK * len(order)))
    return Thresholds(uncertain_below=float(top[min(last, len(order) - 1)]), ood_above=above)


def is_ok(
    probabilities: NDArray[np.float32], scores: NDArray[np.float32], limits: Thresholds
) -> NDArray[np.bool_]:
    """Return which answers the gateway calls ``ok``.

    Args:
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``.
        limits: the model's thresholds.

    Returns:
        bool ``[N]``.
    """
    plain = scores <= (np.inf if limits.ood_above is None else limits.ood_above)
    return plain & (probabilities.max(axis=1) >= limits.uncertain_below)


def _is_tap(layer: keras.layers.Layer) -> bool:
    return layer.name.rsplit("_", 1)[0] in ("block", "hidden") or layer.name == "pooled"


def _pooled(tensor: keras.KerasTensor) -> keras.KerasTensor:
    if len(tensor.shape) != 4:
        return tensor
    mean = keras.layers.GlobalAveragePooling2D()(tensor)
    return keras.layers.Concatenate()([mean, keras.layers.GlobalMaxPooling2D()(tensor)])
