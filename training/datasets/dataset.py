"""A data set ready for training, and what a job must know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.datasets.catalogue import CATALOGUE
from training.datasets.own.preparing import Rejected
from training.datasets.split import Split


@dataclass(frozen=True)
class Traits:
    """What decides how a data set is trained on.

    Attributes:
        kind: the named data set that it is, in whatever form it was given; empty for any other.
        recipe: how its pictures are prepared.
        classes: how many there are.
        pictures: to train on.
        min_accuracy: what the gate asks for unless told otherwise.
    """

    kind: str
    recipe: str
    classes: int
    pictures: int
    min_accuracy: float


@dataclass(frozen=True)
class Dataset:
    """A data set ready for training.

    Attributes:
        name: its key in the catalogue, or the name of its folder or file.
        train: what the weights are fitted on.
        validation: held out of the training set; every choice is made by it.
        test: for the gate and reported figures alone.
        sha256: of the uncompressed IDX content of the four files.
        source: where it was found.
        labels: the class names.
        recipe: how a picture is prepared for a model trained on it.
        kind: the named data set that it is; empty for any other.
        folds: for cross-validation, where ``validation`` is the training set itself; 0 where it is held out.
        corrections: held out of those that were trained on beside the data set; None without any.
        rejected: pictures that were left out, with the reasons.
        notes: what the report has to say of the data, as sentences.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    sha256: Mapping[str, str]
    source: str
    labels: tuple[str, ...]
    recipe: str
    kind: str = ""
    folds: int = 0
    corrections: Split | None = None
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        """See ``Traits``; of unknown data the gate asks to beat the answer that is always the same."""
        known = CATALOGUE.get(self.kind)
        commonest = float(np.bincount(self.test.labels).max() / len(self.test))
        least = commonest if known is None else known.min_accuracy
        return Traits(self.kind, self.recipe, len(self.labels), len(self.train), least)
