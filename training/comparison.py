"""A new model beside the versions it would replace: the same test pictures, the same hard ones."""

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
    """What a model answers for some pictures.

    Attributes:
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``, of ``ood_score``; NaN where the model has none.
        labels: uint8 ``[N]``, what is right.
    """

    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.uint8]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Where the first label is right: bool ``[N]``."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)

    def figures(self, thresholds: Thresholds) -> dict[str, float]:
        """Accuracy, calibration error, and the part of the pictures that an answer is in doubt about."""
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
    """One model on both sets of pictures.

    Attributes:
        version: its number; None for the new one.
        test: bool ``[N]``, where it is right on the test pictures.
        hard: bool ``[M]``, where it is right on the hard ones.
        figures: by set, ``test``, ``hard`` and perhaps ``corrections``: see ``Answers.figures``.
        corrections: bool ``[L]``, where it is right on held-out corrections; None without any.
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
        """Judge a model by its answers."""
        figures = {"test": test.figures(thresholds), "hard": hard.figures(thresholds)}
        if corrections is None:
            return cls(version, test.right, hard.right, figures)
        figures["corrections"] = corrections.figures(thresholds)
        return cls(version, test.right, hard.right, figures, corrections.right)


@dataclass(frozen=True)
class Best:
    """The best version ever published on these test pictures, also when it is gone.

    Attributes:
        version: its number.
        accuracy: that it had.
    """

    version: int
    accuracy: float


@dataclass(frozen=True)
class Comparison:
    """What the gate compares.

    Attributes:
        new: the model that asks to be published; None where there is nothing to compare it with.
        rivals: the version that serves and, where it is another and still there, the best one.
        best: the best ever published; None without one.
        other_data: how the data of what serves differs; empty when it does not.
        problem: why what serves could not be compared; empty when it could.
    """

    new: Contender | None = None
    rivals: tuple[Contender, ...] = ()
    best: Best | None = None
    other_data: str = ""
    problem: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as card and report have them."""
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
