"""A data set that is ready for training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.datasets.catalogue import CATALOGUE
from training.datasets.own.preparing import Rejected
from training.datasets.split import Split


@dataclass(frozen=True)
class Traits:
    """The properties of a data set that determine how it is trained on.

    Attributes:
        kind: the named data set that it is, in any form; empty if it is none.
        recipe: the recipe by which its pictures are prepared.
        classes: number of classes.
        pictures: number of training pictures.
        min_accuracy: test accuracy that the gate requires by default, 0..1.
    """

    kind: str
    recipe: str
    classes: int
    pictures: int
    min_accuracy: float


@dataclass(frozen=True)
class Dataset:
    """A data set that is ready for training.

    Attributes:
        name: its key in the catalogue, or the name of its folder or file.
        train: the part that the weights are fitted on.
        validation: the part held out of the training set, by which every choice is made.
        test: the part for the gate and the reported figures only.
        sha256: checksums of the uncompressed IDX content of the four files, by file name.
        source: where it was found.
        labels: the class names, in the order of the label numbers.
        recipe: the recipe by which pictures are prepared for a model trained on it.
        kind: the named data set that it is; empty if it is none.
        folds: number of folds for cross-validation, in which case ``validation`` is the training part itself;
            0 if ``validation`` was held out.
        corrections: held-out corrections; None without corrections.
        rejected: the pictures that were left out, with the reasons.
        notes: remarks for the report, as sentences without the full stop.
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
        """The traits. For own data, the gate requires more right answers than one class for all gives."""
        known = CATALOGUE.get(self.kind)
        better = float((np.bincount(self.test.labels).max() + 1) / len(self.test))
        least = better if known is None else known.min_accuracy
        return Traits(self.kind, self.recipe, len(self.labels), len(self.train), least)
