"""Temperature scaling (Guo et al. 2017): one number, fitted on validation data, calibrates the confidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from training.evaluation.metrics import cross_entropy

_LOWEST, _HIGHEST = 0.05, 20.0


def temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Fit the temperature that minimises the cross-entropy.

    Args:
        logits: float32 ``[N, K]``.
        labels: ``[N]``, the right classes.

    Returns:
        The temperature, between 0.05 and 20.
    """

    def loss(log_temperature: float) -> float:
        return cross_entropy(logits / np.float32(np.exp(log_temperature)), labels)

    found = minimize_scalar(loss, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def probabilities(logits: NDArray[np.floating], at: float) -> NDArray[np.float32]:
    """Return the softmax of ``logits / at`` as float32 ``[N, K]``."""
    return softmax(logits / np.float32(at), axis=1).astype(np.float32)
