"""What is published, for a new model to be compared with: what serves, and the best there ever was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.administration.model_server import ModelServer
from serving.contract import Card, Thresholds
from serving.store import configuration, ledger, running
from serving.store.configuration import CONFIG_FILE
from serving.store.errors import StoreError
from serving.store.layout import card_of, card_path, versions
from training import hard_pictures
from training.comparison import Answers, Best, Comparison, Contender
from training.datasets import Dataset, Split
from training.datasets.catalogue import TEST_IMAGES, TEST_LABELS
from training.errors import PublicationError, ReplayFailed
from training.export import replay
from training.hard_pictures import HardPictures

Predict = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]


def stable_version(model: Path, config: Path | None) -> int | None:
    """The version that serves: the one the configuration names, else the newest.

    Servers that run on the folder are asked. If they could not load it, their newest counts.

    Args:
        model: ``<models_dir>/<name>``.
        config: the configuration file; ``models.config`` beside the models unless given.

    Raises:
        PublicationError: for a file that is no configuration, or is named and not there.
    """
    configured = _configured(model, config)
    answering = _answering(model)
    return max(answering) if answering and configured not in answering else configured


def _configured(model: Path, config: Path | None) -> int | None:
    if config is not None and not config.is_file():
        raise PublicationError(f"--models-config {config}: there is no such file")
    try:
        parsed = configuration.parse(config or model.parent / CONFIG_FILE)
    except StoreError as error:
        raise PublicationError(f"cannot tell which version serves: {error}") from error
    for entry in parsed.model_config_list.config:
        if entry.name == model.name:
            entry.base_path = str(model)  # where the server sees it under another path
            return configuration.stable(entry)
    return max(versions(model), default=None)


def _answering(model: Path) -> set[int]:
    """The versions that every server on the folder answers with; none where no server runs or says."""
    servers = running.find(model.parent)
    try:
        found = [ModelServer(each.model_server).serves(model.name) for each in servers]
    except StoreError:
        return set()
    return set.intersection(*found) if found else set()


def compare(
    model: Path, data: Dataset, thresholds: Thresholds, predict: Predict, serves: int | None
) -> Comparison:
    """A new model beside what serves and the best ever published.

    Args:
        model: ``<models_dir>/<name>``.
        data: whose test pictures are asked.
        thresholds: of the new model.
        predict: the new model: uint8 ``[N, 28, 28]`` -> probabilities ``[N, K]``, scores ``[N]``.
        serves: the version that serves.
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
                return Comparison(new, best=best, problem=f"version {version}, which serves: {error}")
            notes.append(f"the best version, {version}: {error}")
    return Comparison(new, tuple(found), best, notes=tuple(notes))


def best_ever(model: Path, test: str) -> Best | None:
    """The version with the highest accuracy on the test pictures with this checksum, there or not."""
    known = [
        Best(entry.version, entry.accuracy)
        for entry in ledger.entries(model).values()
        if entry.accuracy is not None and entry.test_sha256 == test
    ]
    return max(known, key=lambda each: (each.accuracy, each.version), default=None)


def test_sha256(data: Dataset) -> str:
    """One checksum of a data set's test pictures and their labels."""
    return _test_sha256(data.sha256)


def _test_sha256(sums: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{sums.get(TEST_IMAGES)} {sums.get(TEST_LABELS)}".encode()).hexdigest()


def _without(serves: Path, best: Best | None) -> Comparison:
    """What serves has no card: with a recipe that is gone, it cannot serve any more; else it is a fault."""
    try:
        recipe = json.loads(card_path(serves).read_bytes())["preprocessing"]["recipe"]
    except (OSError, ValueError, KeyError, TypeError):
        return Comparison(best=best, problem=_unreadable(serves))
    return Comparison(notes=(f"{serves} names the recipe {recipe}, which this release does not serve",))


def _other_data(serves: int, card: Card, data: Dataset) -> str:
    known = card.training.get("data_sha256")
    same_test = known is not None and _test_sha256(known) == test_sha256(data)
    if card.labels != data.labels or not (same_test or card.dataset == data.name):
        return f"version {serves}, which serves, was trained on {card.dataset}, this one on {data.name}"
    if known and not same_test:
        return f"version {serves}, which serves, was judged on other test pictures of {data.name}"
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
    return f"{version} has no card that can be read"
