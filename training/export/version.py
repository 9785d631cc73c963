"""A complete version in a folder: SavedModel, card, warm-up requests, golden set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES, Card, normalise
from training import hard_pictures
from training.datasets import Split
from training.errors import PublicationError, ReplayFailed
from training.export import extras, golden, replay, signatures
from training.export.golden import Golden
from training.export.replay import ReplayedAnswers
from training.export.signatures import ServingModule


def write(servable: ServingModule, card: Card, name: str, test: Split, folder: Path) -> None:
    """Write all files of a version into an existing folder.

    Args:
        servable: the model.
        card: its card.
        name: name under which the model is published.
        test: the test part, for warm-up requests and golden set.
        folder: folder of the version.

    Raises:
        PublicationError: if TensorFlow cannot write its files.
        OSError: if another file cannot be written.
    """
    chosen = test.at(hard_pictures.spread(test.labels)[: golden.PICTURES])
    sent = hard_pictures.uploads(test, golden.UPLOADS)
    seen = np.concatenate([chosen.images, sent.prepared(card.recipe)])
    answers = servable.predict(normalise(seen))
    try:
        signatures.write(servable, card, folder)
        extras.write(card, name, normalise(chosen.images), folder)
    except tf.errors.OpError as error:
        raise PublicationError(f"cannot write {folder}: {_reason(error)}") from error
    known = Golden(
        (*map(golden.to_png, chosen.images), *sent.files),
        seen,
        np.concatenate([chosen.labels, sent.labels]),
        answers[OUTPUT_PROBABILITIES].numpy(),
        answers[OUTPUT_OOD_SCORE].numpy(),
    )
    golden.write(known, folder)


def prove(folder: Path, card: Card, test: Split, expected: NDArray[np.float32]) -> ReplayedAnswers:
    """Load a version in a fresh process and compare it with its golden set and the trained model.

    Args:
        folder: folder of the version.
        card: the card that it must describe itself with.
        test: the test part.
        expected: float32 ``[N, K]``, the trained model's answers for the test pictures.

    Returns:
        The version's answers for the test pictures.

    Raises:
        ReplayFailed: if the answers differ by more than ``golden.TOLERANCE``, or the card differs.
    """
    known = golden.read(folder)
    (answers,) = replay.replay([folder], np.concatenate([test.images, known.images]))
    of_test, of_known = answers.probabilities[: len(test)], answers.probabilities[len(test) :]
    difference = max(float(np.abs(of_test - expected).max()), known.difference(of_known))
    if not difference <= golden.TOLERANCE:
        raise ReplayFailed(
            f"the exported model differs from the trained one by {difference:.2g}, over {golden.TOLERANCE:g}"
        )
    if answers.card != card.to_json():
        raise ReplayFailed("the exported model describes itself with a different card")
    return ReplayedAnswers(of_test, answers.scores[: len(test)], answers.card)


def _reason(error: tf.errors.OpError) -> str:
    """Return the system's error in TensorFlow's: ``{{node}} FILE; No space left on device [Op:SaveV2]``."""
    return str(error.message).split(" [Op:")[0].rpartition("; ")[2]
