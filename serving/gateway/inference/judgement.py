"""Judges a model's outputs: checks the probabilities, sorts the classes and says how sure each answer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import cast

import numpy as np
from numpy.typing import NDArray

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES, Card
from serving.errors import ModelError
from serving.gateway.model_client.predictor import Reply
from serving.images import Prepared

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
    probabilities = _probabilities(reply, len(prepared), len(card.labels))
    scores = _scores(reply, len(prepared))
    rows = zip(prepared, probabilities, scores, strict=True)
    return [_classified(each, row, score, card) for each, row, score in rows]


def _classified(prepared: Prepared, row: NDArray[np.float32], score: float | None, card: Card) -> Classified:
    # Rows are short, and plain Python is faster than NumPy for them.
    values = row.tolist()
    # Written so that NaN fails it too.
    if not (min(values) >= 0.0 and abs(sum(values) - 1.0) <= 0.01):
        raise ModelError(f"The model's {OUTPUT_PROBABILITIES} do not sum to 1.")
    order = sorted(range(len(values)), key=values.__getitem__, reverse=True)
    status = _status(values[order[0]], score, card)
    # The model cannot know what the preparation warns of, such as two digits on a picture.
    if status == OK and prepared.warnings:
        status = UNCERTAIN
    return Classified(prepared, row, order, status, score)


def _status(best: float, score: float | None, card: Card) -> str:
    limits = card.thresholds
    if limits.ood_above is not None and score is not None and score > limits.ood_above:
        return OUT_OF_DISTRIBUTION
    return UNCERTAIN if best < limits.uncertain_below else OK


def _probabilities(reply: Reply, count: int, classes: int) -> NDArray[np.float32]:
    found = reply.outputs.get(OUTPUT_PROBABILITIES)
    if found is None or found.dtype != np.float32 or found.shape != (count, classes):
        raise ModelError(f"The model's {OUTPUT_PROBABILITIES} are not float32 [{count}, {classes}].")
    return found


def _scores(reply: Reply, count: int) -> Sequence[float | None]:
    found = reply.outputs.get(OUTPUT_OOD_SCORE)
    if found is None:
        return [None] * count
    if found.dtype != np.float32 or found.shape != (count,) or not all(map(isfinite, found.tolist())):
        raise ModelError(f"The model's {OUTPUT_OOD_SCORE} is not finite float32 [{count}].")
    return cast("list[float]", found.tolist())
