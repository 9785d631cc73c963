"""A new model compared with published versions, on the same test pictures and the same hard pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.contract import Thresholds
from training.evaluation.metrics import calibration_error


@dataclass(frozen=True)
class Answers:
    """A model's answers for a set of pictures.

    Attributes:
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``, the ``ood_score`` of each picture; NaN if the model has no such output.
        labels: uint8 ``[N]``, the right classes.
    """

    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.uint8]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the most probable class is the right one: bool ``[N]``."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)

    def figures(self, thresholds: Thresholds) -> dict[str, float]:
        """Return accuracy, calibration error and share of doubtful answers, each 0..1.

        Args:
            thresholds: the model's; an answer is doubtful if it is below or above one of them.
        """
        doubtful = self.probabilities.max(axis=1) < thresholds.uncertain_below
        if thresholds.ood_above is not None:
            doubtful |= self.scores > thresholds.ood_above
        return {
            "accuracy": float(self.right.mean()),
            "calibration_error": calibration_error(self.probabilities, self.labels),
            "doubtful": float(doubtful.mean()),
        }


@dataclass(frozen=True)
class Contender:
    """One model's results on the test pictures and the hard pictures.

    Attributes:
        version: the version's number; None for the new model.
        test: bool ``[N]``, whether each answer is right on the test pictures.
        hard: bool ``[M]``, the same on the hard pictures.
        figures: ``Answers.figures`` of each set: ``test``, ``hard`` and, if there are any, ``corrections``.
        corrections: bool ``[L]``, the same as ``test`` on held-out corrections; None without any.
    """

    version: int | None
    test: NDArray[np.bool_]
    hard: NDArray[np.bool_]
    figures: Mapping[str, Mapping[str, float]]
    corrections: NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls,
        version: int | None,
        thresholds: Thresholds,
        test: Answers,
        hard: Answers,
        corrections: Answers | None = None,
    ) -> Contender:
        """Evaluate a model's answers.

        Args:
            version: the version's number; None for the new model.
            thresholds: where the model's doubt begins.
            test: its answers for the test pictures.
            hard: its answers for the hard pictures.
            corrections: its answers for held-out corrections, if there are any.
        """
        figures = {"test": test.figures(thresholds), "hard": hard.figures(thresholds)}
        if corrections is None:
            return cls(version, test.right, hard.right, figures)
        figures["corrections"] = corrections.figures(thresholds)
        return cls(version, test.right, hard.right, figures, corrections.right)


@dataclass(frozen=True)
class Best:
    """The published version with the highest accuracy on these test pictures, even if it was deleted since.

    Attributes:
        version: its number.
        accuracy: its accuracy on the test pictures, 0..1.
    """

    version: int
    accuracy: float


@dataclass(frozen=True)
class Comparison:
    """The comparison on which the gate decides.

    Attributes:
        new: the new model; None if there is nothing to compare it with.
        rivals: the serving version and the best version, if that is another one and still exists.
        best: the best version ever published; None before the first.
        other_data: how the serving version's data differs from the new model's; empty if it is the same.
        problem: why the serving version could not be compared; empty if it could.
        notes: further remarks for the report, one sentence each.
    """

    new: Contender | None = None
    rivals: tuple[Contender, ...] = ()
    best: Best | None = None
    other_data: str = ""
    problem: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON types, for the card and the report."""
        body: dict[str, Any] = {"compared": [_row(each) for each in self.rivals]}
        if self.new is not None:
            body["new"] = {name: dict(row) for name, row in self.new.figures.items()}
        if self.best is not None:
            body["best"] = {"version": self.best.version, "accuracy": self.best.accuracy}
        for name in ("other_data", "problem"):
            if text := getattr(self, name):
                body[name] = text
        if self.notes:
            body["notes"] = list(self.notes)
        return body


def _row(baseline: Contender) -> dict[str, Any]:
    return {"version": baseline.version, **{name: dict(row) for name, row in baseline.figures.items()}}
