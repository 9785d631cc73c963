"""Comparison of a new model with published versions: the serving version and the best ever published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.contract import Card, Thresholds
from serving.store import ledger
from serving.store.layout import card_of, card_path
from training import hard_pictures
from training.comparison import Answers, Best, Comparison, Contender
from training.datasets import Dataset, Split
from training.datasets.catalogue import TEST_IMAGES, TEST_LABELS
from training.errors import ReplayFailed
from training.export import replay
from training.hard_pictures import HardPictures

Predict = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]


def compare(
    model: Path, data: Dataset, thresholds: Thresholds, predict: Predict, serves: int | None
) -> Comparison:
    """Compare a new model with the serving version and the best version ever published.

    Args:
        model: ``<models_dir>/<name>``.
        data: the data set whose test pictures the models answer.
        thresholds: the new model's thresholds.
        predict: the new model: uint8 ``[N, 28, 28]`` -> probabilities ``[N, K]``, scores ``[N]``.
        serves: the serving version; None if there is none.
    """
    best = best_ever(model, test_sha256(data))
    if serves is None:
        return Comparison(best=best)
    card = card_of(model / str(serves))
    if card is None:
        return _without(model / str(serves), best)
    if differs := _other_data(serves, card, data):
        return Comparison(best=best, other_data=differs)
    uploads = hard_pictures.uploads(data.test)
    seen = uploads.prepared(data.recipe)
    test, hard = predict(data.test.images), predict(seen)
    corrected = None
    if data.corrections is not None:
        corrected = Answers(*predict(data.corrections.images), data.corrections.labels)
    new = Contender.of(
        None, thresholds, Answers(*test, data.test.labels), Answers(*hard, uploads.labels), corrected
    )
    found, notes = [], []
    for version in dict.fromkeys([serves, *([best.version] if best else [])]):
        try:
            found.append(_contender(model, version, data, uploads))
        except ReplayFailed as error:
            if version == serves:
                return Comparison(new, best=best, problem=f"the serving version {version}: {error}")
            notes.append(f"the best version {version}: {error}")
    return Comparison(new, tuple(found), best, notes=tuple(notes))


def best_ever(model: Path, test: str) -> Best | None:
    """Return the version with the highest accuracy on the test pictures with this checksum.

    Args:
        model: ``<models_dir>/<name>``.
        test: the checksum, as ``test_sha256`` returns it.

    Returns:
        The best version, even if it was deleted since; None if the ledger has none.
    """
    known = [
        Best(entry.version, entry.accuracy)
        for entry in ledger.entries(model).values()
        if entry.accuracy is not None and entry.test_sha256 == test
    ]
    return max(known, key=lambda each: (each.accuracy, each.version), default=None)


def test_sha256(data: Dataset) -> str:
    """Return one checksum of a data set's test pictures and labels, in hexadecimal."""
    return _test_sha256(data.sha256)


def _test_sha256(sums: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{sums.get(TEST_IMAGES)} {sums.get(TEST_LABELS)}".encode()).hexdigest()


def _without(serves: Path, best: Best | None) -> Comparison:
    """Return the comparison if the serving version has no valid card.

    A card that names a recipe which this release no longer has belongs to a version that can no longer serve,
    so there is nothing to compare with. Any other unreadable card is a problem.
    """
    try:
        recipe = json.loads(card_path(serves).read_bytes())["preprocessing"]["recipe"]
    except (OSError, ValueError, KeyError, TypeError):
        return Comparison(best=best, problem=_unreadable(serves))
    return Comparison(notes=(f"{serves} names the recipe {recipe}, which this release does not have",))


def _other_data(serves: int, card: Card, data: Dataset) -> str:
    known = card.training.get("data_sha256")
    same_test = known is not None and _test_sha256(known) == test_sha256(data)
    if card.labels != data.labels or not (same_test or card.dataset == data.name):
        return f"the serving version {serves} was trained on {card.dataset}, this one on {data.name}"
    if known and not same_test:
        return f"the serving version {serves} was evaluated on other test pictures of {data.name}"
    return ""


def _contender(model: Path, version: int, data: Dataset, uploads: HardPictures) -> Contender:
    card = card_of(model / str(version))
    if card is None:
        raise ReplayFailed(_unreadable(model / str(version)))
    seen = uploads.prepared(card.recipe)
    sets = [Split(data.test.images, data.test.labels), Split(seen, uploads.labels)]
    if data.corrections is not None and card.recipe == data.recipe:
        sets.append(data.corrections)
    (answers,) = replay.replay([model / str(version)], np.concatenate([each.images for each in sets]))
    ends = np.cumsum([len(each) for each in sets])
    judged = [
        Answers(
            answers.probabilities[end - len(each) : end], answers.scores[end - len(each) : end], each.labels
        )
        for each, end in zip(sets, ends.tolist(), strict=True)
    ]
    return Contender.of(version, card.thresholds, *judged)


def _unreadable(version: Path) -> str:
    return f"{version} has no readable card"
