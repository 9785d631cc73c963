"""Judges a model's outputs: checks the probabilities, sorts the classes and says how sure each answer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import cast

import numpy as np
from numpy.typing import NDArray

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES, Card, Thresholds
from serving.errors import ModelError
from serving.gateway.model_client.predictor import Reply
from serving.images import Prepared
from serving.wire.tensors import Array

OK = "ok"
UNCERTAIN = "uncertain"
OUT_OF_DISTRIBUTION = "out_of_distribution"
STATUSES = (OK, UNCERTAIN, OUT_OF_DISTRIBUTION)


@dataclass(frozen=True)
class Classified:
    """One picture's answer.

    Attributes:
        prepared: what the model saw.
        probabilities: float32 ``[K]``, in the order of the card's labels.
        order: the classes, most probable first.
        status: one of ``STATUSES``.
        score: the model's ``ood_score``, or None if it has none.
    """

    prepared: Prepared
    probabilities: NDArray[np.float32]
    order: list[int]
    status: str
    score: float | None = None


def judge(prepared: Sequence[Prepared], reply: Reply, card: Card) -> list[Classified]:
    """Check a model's outputs and say how sure each answer is.

    Raises:
        ModelError: the outputs break the contract.
    """
    count, classes = len(prepared), len(card.labels)
    probabilities = reply.outputs.get(OUTPUT_PROBABILITIES)
    if probabilities is None or probabilities.dtype != np.float32 or probabilities.shape != (count, classes):
        raise ModelError(f"The model's {OUTPUT_PROBABILITIES} are not float32 [{count}, {classes}].")
    scores = _scores(reply.outputs.get(OUTPUT_OOD_SCORE), count)
    rows = zip(prepared, probabilities, scores, strict=True)
    return [_classified(each, row, score, card.thresholds) for each, row, score in rows]


def _scores(found: Array | None, count: int) -> Sequence[float | None]:
    if found is None:
        return [None] * count
    if found.dtype != np.float32 or found.shape != (count,) or not all(map(isfinite, found.tolist())):
        raise ModelError(f"The model's {OUTPUT_OOD_SCORE} is not finite float32 [{count}].")
    return cast("list[float]", found.tolist())


def _classified(
    prepared: Prepared, row: NDArray[np.float32], score: float | None, limits: Thresholds
) -> Classified:
    # Rows are short, and plain Python is faster than NumPy for them.
    values = row.tolist()
    # Written so that NaN fails it too.
    if not (min(values) >= 0.0 and abs(sum(values) - 1.0) <= 0.01):
        raise ModelError(f"The model's {OUTPUT_PROBABILITIES} do not sum to 1.")
    order = sorted(range(len(values)), key=values.__getitem__, reverse=True)
    if limits.ood_above is not None and score is not None and score > limits.ood_above:
        status = OUT_OF_DISTRIBUTION
    # The model cannot know what the preparation warns of, such as two digits on a picture.
    elif values[order[0]] < limits.uncertain_below or prepared.warnings:
        status = UNCERTAIN
    else:
        status = OK
    return Classified(prepared, row, order, status, score)
