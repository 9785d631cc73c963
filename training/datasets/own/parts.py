"""Training, validation and test part, from the parts that a data set has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.datasets.own import known, splitting
from training.datasets.own.found import TEST, TRAIN, VALIDATION
from training.datasets.split import Split

FOLDS = 3


@dataclass(frozen=True)
class Parts:
    """The three parts of a data set.

    Attributes:
        train: the training part.
        validation: the validation part.
        test: the test part.
        whole: training and validation pictures together, in their order.
        folds: number of folds for cross-validation, in which case ``validation`` is the training part itself;
            0 if ``validation`` was held out.
        note: a note on how the test part was held out; empty if the data set has one.
    """

    train: Split
    validation: Split
    test: Split
    whole: Split
    folds: int = 0
    note: str = ""


def cut(splits: Mapping[str, Split], kind: str, validation_split: float, seed: int) -> Parts:
    """Hold out test and validation pictures if the data set has none.

    Args:
        splits: the parts that the data set has, by name.
        kind: the named data set that it is; empty if it is none.
        validation_split: share of the training pictures to hold out for validation, 0..1.
        seed: chooses which.
    """
    train, note = splits[TRAIN], ""
    if TEST in splits:
        test = splits[TEST]
    else:
        kept, out = splitting.hold_out_test(train.labels)
        train, test = train.at(kept), train.at(out)
        note = f"{len(test)} pictures, a fifth of each class, were held out as the test set"
    if VALIDATION in splits:
        validation = splits[VALIDATION]
        return Parts(train, validation, test, train.followed_by(validation), note=note)
    if kind:
        held = known.hold_out(train, validation_split, seed)
        return Parts(*held, test, train, note=note)
    if splitting.needs_folds(train.labels):
        return Parts(train, train, test, train, FOLDS, note)
    kept, out = splitting.held_out(train.labels, validation_split, seed)
    return Parts(train.at(kept), train.at(out), test, train, note=note)
