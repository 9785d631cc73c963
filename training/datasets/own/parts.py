"""Training, validation and test parts, from what a data set names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.datasets.own import known, splitting
from training.datasets.own.found import TEST, TRAIN, VALIDATION
from training.datasets.split import Split

FOLDS = 3


@dataclass(frozen=True)
class Parts:
    """The three parts, with what was done to get them.

    Attributes:
        whole: training and validation pictures together, in their order.
        folds: for cross-validation, where ``validation`` is the training part itself.
        note: the sentence about the test part; empty where one was given.
    """

    train: Split
    validation: Split
    test: Split
    whole: Split
    folds: int = 0
    note: str = ""


def cut(splits: Mapping[str, Split], kind: str, validation_split: float, seed: int) -> Parts:
    """Hold test and validation pictures out where the data set names none.

    Args:
        splits: what was found, by part.
        kind: the named data set that it is; empty for any other.
        validation_split: part of the training pictures to hold out for validation.
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
